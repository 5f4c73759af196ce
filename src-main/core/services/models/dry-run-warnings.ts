import type { ConfigWarning } from '../../../contract/dry-run.ts';
import type { FieldPatch } from '../../../contract/models.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
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
    .map(([field, value]) => (value === null ? `Clear ${labelOf(field)}` : `Set ${labelOf(field)} to ${String(value)}`))
    .join(', ');
}

/** As the window calls it; both engines call what they share alike. */
function labelOf(field: string): string {
  const row = [...driverOf('vllm').table.rows, ...driverOf('llamacpp').table.rows].find(({ name }) => name === field);
  return `“${row?.label ?? OWN_LABELS[field] ?? field}”`;
}

const OWN_LABELS: Readonly<Record<string, string>> = { engine_image: 'Image' };

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
    ...configWarnings(configured),
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

/** What the model's own config.json forbids: the start would fail after a minute with the same. */
function configWarnings({ settings, files }: Configured): ConfigWarning[] {
  const { config } = files;
  if (config === null || settings.engineType !== 'vllm') return [];
  const { max_model_len: context, tp_size: parts, quantization } = settings.fields;
  const warnings: ConfigWarning[] = [];
  const { maxLength, attentionHeads: heads } = config;
  if (typeof context === 'number' && maxLength !== null && context > maxLength) {
    const message = `The model was made for ${maxLength} tokens; vLLM refuses a longer context.`;
    const fix = { max_model_len: maxLength };
    warnings.push(warning('warning', 'context', 'Longer than the model', message, 'max_model_len', fix));
  }
  if (typeof parts === 'number' && heads !== null && heads % parts !== 0) {
    const message = `The model has ${heads} attention heads, which cannot be shared evenly by ${parts} GPUs.`;
    const fix = { tp_size: largestDivisor(heads, parts) };
    warnings.push(warning('warning', 'gpu', 'Cannot be split so', message, 'tp_size', fix));
  }
  if (typeof quantization === 'string' && config.quantization !== null && !agrees(quantization, config.quantization)) {
    const message = `The weights are quantized as ${config.quantization}; left empty, vLLM reads that from the model.`;
    const fix = { quantization: null };
    warnings.push(warning('warning', 'config', 'Another quantization', message, 'quantization', fix));
  }
  if (config.hasOwnCode && settings.fields['trust_remote_code'] !== true) {
    const message =
      'The model brings Python code of its own. If vLLM does not know its architecture, it needs your consent to run it.';
    warnings.push(warning('info', 'security', 'Has code of its own', message, 'trust_remote_code'));
  }
  return warnings;
}

function largestDivisor(heads: number, most: number): number {
  for (let parts = most; parts > 1; parts -= 1) if (heads % parts === 0) return parts;
  return 1;
}

/** "awq_marlin" is a faster way to compute "awq". */
function agrees(set: string, found: string): boolean {
  return set === found || set.startsWith(`${found}_`) || found.startsWith(`${set}_`);
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
