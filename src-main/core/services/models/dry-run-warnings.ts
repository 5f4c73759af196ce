import type { ConfigWarning } from '../../../contract/dry-run.ts';
import type { FieldPatch } from '../../../contract/models.ts';
import type { Machine } from '../../adapters/processes/machine.ts';
import type { Gpu } from '../../ports/gpu-inventory.ts';
import type { ModelSettings } from '../../store/models.ts';
import type { ModelOnDisk } from '../supervisor/model-on-disk.ts';
import { chosenGpus } from '../supervisor/container-plan.ts';

/** A patch of one field becomes its one-click fix. */
export function warning(
  severity: ConfigWarning['severity'],
  category: string,
  title: string,
  message: string,
  field: string | null = null,
  patch: FieldPatch | null = null,
): ConfigWarning {
  const fix = patch === null ? null : { title: titleOf(patch), patch };
  return { severity, category, title, message, field, fix };
}

function titleOf(patch: FieldPatch): string {
  return Object.entries(patch)
    .map(([field, value]) => (value === null ? `Clear ${field}` : `Set ${field} to ${String(value)}`))
    .join(', ');
}

export interface Configured {
  readonly settings: ModelSettings;
  readonly files: ModelOnDisk;
  readonly machine: Machine;
  readonly gpus: readonly Gpu[];
}

/** What is allowed and most likely not meant. */
export function configurationWarnings(configured: Configured): ConfigWarning[] {
  return [
    ...trustWarnings(configured),
    ...contextWarnings(configured),
    ...threadWarnings(configured),
    ...gpuWarnings(configured),
  ];
}

function trustWarnings({ settings, files }: Configured): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  if (files.hasOnlyPickles) {
    const message =
      'Its weights are pickle files, which can run code when they are loaded. Take SafeTensors if there are any.';
    warnings.push(warning('warning', 'security', 'Weights that can run code', message));
  }
  if (settings.fields['trust_remote_code'] === true) {
    const message =
      'Python code that comes with the model runs in the engine. Read it first, or take it from somebody you trust.';
    const off = { trust_remote_code: null };
    warnings.push(warning('warning', 'security', 'Runs the model’s own code', message, 'trust_remote_code', off));
  }
  return warnings;
}

function contextWarnings({ settings, files }: Configured): ConfigWarning[] {
  const context = settings.fields['context_size'];
  const trained = files.header?.trainedContext ?? null;
  if (trained === null || typeof context !== 'number' || context <= trained) return [];
  const message =
    `The model was trained with ${trained} tokens: a single request gets no more than that. ` +
    'What is beyond it only serves further slots.';
  return [
    warning('warning', 'context', 'Longer than the training', message, 'context_size', { context_size: trained }),
  ];
}

function threadWarnings({ settings, machine }: Configured): ConfigWarning[] {
  const { threads } = settings.fields;
  if (typeof threads !== 'number' || threads <= machine.logicalCores) return [];
  const message = `This machine runs ${machine.logicalCores} threads at once; more are slower.`;
  return [
    warning('warning', 'threads', 'More threads than cores', message, 'threads', { threads: machine.physicalCores }),
  ];
}

function gpuWarnings(configured: Configured): ConfigWarning[] {
  return [...absentGpus(configured), ...splitWarnings(configured)];
}

function absentGpus({ settings, gpus }: Configured): ConfigWarning[] {
  const chosen = chosenGpus(settings.fields);
  if (chosen.length === 0 || gpus.length > 0 || settings.fields['device'] === 'cpu') return [];
  const message = `GPU ${chosen.join(', ')} ${chosen.length === 1 ? 'is' : 'are'} chosen, but no NVIDIA GPU was found on this machine.`;
  return [warning('warning', 'gpu', 'No such GPU', message, 'selected_gpus', { selected_gpus: null })];
}

function splitWarnings({ settings, gpus }: Configured): ConfigWarning[] {
  if (settings.engineType !== 'vllm' || settings.fields['device'] === 'cpu') return [];
  const chosen = chosenGpus(settings.fields);
  const count = chosen.length > 0 ? chosen.length : gpus.length;
  const sizes = ['tp_size', 'pipeline_parallel_size', 'data_parallel_size'];
  const used = sizes.reduce((product, name) => product * Number(settings.fields[name] ?? 1), 1);
  const dp = Number(settings.fields['data_parallel_size'] ?? 1);
  if (count === 0 && chosen.length === 0) {
    const message = 'No NVIDIA GPU was found on this machine; the usual vLLM image needs one.';
    return [warning('warning', 'gpu', 'No GPU', message)];
  }
  if (used * dp > count) {
    const message = `It is split over ${used * dp} GPUs, but ${count} ${count === 1 ? 'is' : 'are'} chosen.`;
    return [warning('error', 'gpu', 'Too few GPUs', message, 'tp_size', { tp_size: count })];
  }
  if (chosen.length > 1 && used * dp < chosen.length) {
    const message = `${chosen.length} GPUs are chosen, but only ${used * dp} would be used.`;
    return [warning('warning', 'gpu', 'GPUs stay idle', message, 'tp_size', { tp_size: chosen.length })];
  }
  return [];
}
