import { withRealPaths } from '../adapters.ts';
import { customArguments, customEnvironment, secretNames, unknownArguments } from '../custom.ts';
import type { EngineCommand, Launch } from '../driver.ts';
import type { FieldIssue, FieldValues } from '../field-table.ts';
import type { KnownFlags } from '../known-flags.ts';
import { choiceIssues, renderFields } from '../rendering.ts';
import { vllmPolicy } from './custom.ts';
import { vllmFields } from './fields.ts';

/** Beyond this the engine itself gives up waiting for its own processes (its envs.py). */
const OWN_READY_TIMEOUT_S = 600;

/** The command line and environment of one launch of `vllm serve`. */
export function vllmCommand(fields: FieldValues, launch: Launch): EngineCommand {
  const resolved = resolvedFields(fields, launch);
  const rendered = renderFields(vllmFields, resolved, launch);
  const environment = customEnvironment(resolved);
  return {
    subcommand: ['serve'],
    args: [
      '--model',
      launch.modelPath,
      '--served-model-name',
      launch.servedName,
      '--host',
      launch.host,
      '--port',
      String(launch.port),
      ...rendered.args,
      ...customArguments(resolved),
    ],
    env: { ...environment, ...fixedEnvironment(launch), ...readyTimeout(fields), ...rendered.env, ...keys(launch) },
    secretEnv: [...Object.keys(keys(launch)), ...secretNames(environment)],
    unsupported: rendered.unsupported.filter(({ field }) => fields[field] !== undefined),
  };
}

/** What the owner set, with real paths, and with what one field means for another. */
function resolvedFields(fields: FieldValues, launch: Launch): FieldValues {
  const adapters = fields['lora_adapters_json'] ?? null;
  const own = {
    ...fields,
    ...launch.paths,
    ...(adapters === null ? {} : { lora_adapters_json: withRealPaths('lora_adapters_json', adapters, launch.paths) }),
  };
  return withSpeculation(launch.task === 'embed' ? { ...own, runner: fields['runner'] ?? 'pooling' } : own);
}

const SPECULATION = {
  spec_method: 'method',
  draft_model_path: 'model',
  draft_n: 'num_speculative_tokens',
  prompt_lookup_max: 'prompt_lookup_max',
  prompt_lookup_min: 'prompt_lookup_min',
  draft_tp_size: 'draft_tensor_parallel_size',
} as const;

/** All of speculative decoding is one JSON object. */
function withSpeculation(fields: FieldValues): FieldValues {
  const parts = Object.entries(SPECULATION).flatMap(([name, key]) => {
    const value = fields[name] ?? null;
    return value === null ? [] : [[key, value] as const];
  });
  if (parts.length === 0) return fields;
  const more = fields['speculative_config'];
  const rest: unknown = typeof more === 'string' ? JSON.parse(more) : {};
  const config = { ...Object.fromEntries(parts), ...(typeof rest === 'object' ? rest : {}) };
  return { ...fields, speculative_config: JSON.stringify(config) };
}

/** Nothing is reported to anybody, and the log holds no colours. A model of the library needs no hub. */
function fixedEnvironment(launch: Launch): Record<string, string> {
  return {
    VLLM_NO_USAGE_STATS: '1',
    DO_NOT_TRACK: '1',
    VLLM_LOGGING_COLOR: '0',
    NO_COLOR: '1',
    ...(isLocal(launch.modelPath) ? { HF_HUB_OFFLINE: '1' } : {}),
  };
}

function isLocal(path: string): boolean {
  return /^(?:\/|[A-Za-z]:[\\/])/.test(path);
}

function keys(launch: Launch): Record<string, string> {
  return { VLLM_API_KEY: launch.key, ...(launch.hubToken === null ? {} : { HF_TOKEN: launch.hubToken }) };
}

/** A start that may take longer than the engine's own patience needs that patience too. */
function readyTimeout(fields: FieldValues): Record<string, string> {
  const seconds = fields['startup_timeout_sec'];
  return typeof seconds === 'number' && seconds > OWN_READY_TIMEOUT_S
    ? { VLLM_ENGINE_READY_TIMEOUT_S: String(seconds) }
    : {};
}

/** What is wrong with the configuration for this very image. */
export function flagIssues(fields: FieldValues, known: KnownFlags): FieldIssue[] {
  return [...unknownArguments(fields, known, vllmPolicy), ...choiceIssues(vllmFields, fields, known)];
}
