import type { CustomPolicy } from '../engine/custom.ts';
import type { EngineName, FieldTable } from '../engine/field-table.ts';
import { llamacppPolicy } from '../engine/llamacpp/custom.ts';
import { llamacppFields } from '../engine/llamacpp/fields.ts';
import { vllmPolicy } from '../engine/vllm/custom.ts';
import { vllmFields } from '../engine/vllm/fields.ts';

/** A flag whose value has another form than its field's. `values` holds as many as `takes` says. */
export interface SpecialFlag {
  readonly takes: 'none' | 'one' | 'many';
  /** Keys of the draft or names of fields; null where the value cannot be read. */
  readonly read: (values: readonly string[]) => Record<string, unknown> | null;
}

/** How an engine's command line is read, beside its field table. */
export interface Dialect {
  readonly engine: EngineName;
  readonly table: FieldTable;
  readonly policy: CustomPolicy;
  /** Flags that name the model, and those that name what it is served as. */
  readonly model: readonly string[];
  readonly servedName: readonly string[];
  readonly special: ReadonlyMap<string, SpecialFlag>;
}

const sets = (fields: Record<string, unknown>): SpecialFlag => ({ takes: 'none', read: () => fields });
const embeds = sets({ task: 'embed' });

function specials(groups: Readonly<Record<string, SpecialFlag>>): ReadonlyMap<string, SpecialFlag> {
  return new Map(
    Object.entries(groups).flatMap(([flags, special]) =>
      flags.split(' ').map((flag): [string, SpecialFlag] => [flag, special]),
    ),
  );
}

export const DIALECTS: Readonly<Record<EngineName, Dialect>> = {
  llamacpp: {
    engine: 'llamacpp',
    table: llamacppFields,
    policy: llamacppPolicy,
    model: ['-m', '--model'],
    servedName: ['-a', '--alias'],
    special: specials({
      '--mlock': sets({ mlock: true }),
      '--no-mmap': sets({ no_mmap: true }),
      '--mmap': sets({ load_mode: 'mmap' }),
      '--direct-io': sets({ load_mode: 'dio' }),
      '--embedding --embeddings': embeds,
      '-v --verbose --log-verbose': sets({ verbose_logging: true }),
      '-lv --verbosity --log-verbosity': {
        takes: 'one',
        read: ([level]) => (Number(level) >= 5 ? { verbose_logging: true } : {}),
      },
      '-ngl --gpu-layers --n-gpu-layers': {
        takes: 'one',
        read: ([layers]) => ({ ngl: layers === 'all' ? 999 : layers }),
      },
      '--lora': { takes: 'one', read: ([paths]) => ({ lora_adapters_json: adapters(paths?.split(',') ?? []) }) },
      '--lora-scaled': { takes: 'one', read: ([pairs]) => readScaled(pairs ?? '') },
      '-hft --hf-token': { takes: 'one', read: ([token]) => ({ hf_token: token }) },
    }),
  },
  vllm: {
    engine: 'vllm',
    table: vllmFields,
    policy: vllmPolicy,
    model: ['--model'],
    servedName: ['--served-model-name'],
    special: specials({
      '--lora-modules': { takes: 'many', read: readModules },
      '-sc --speculative-config': { takes: 'one', read: ([config]) => readSpeculation(config ?? '') },
      '--spec-method': { takes: 'one', read: ([method]) => ({ spec_method: method }) },
      '--spec-model': { takes: 'one', read: ([model]) => ({ draft_model_path: model }) },
      '--spec-tokens': { takes: 'one', read: ([tokens]) => ({ draft_n: tokens }) },
      '--task': { takes: 'one', read: ([task]) => readTask(task) },
      '--hf-token': { takes: 'one', read: ([token]) => ({ hf_token: token }) },
    }),
  },
};

function adapters(list: readonly unknown[]): string {
  return JSON.stringify(list);
}

/** `path:scale,path:scale` */
function readScaled(pairs: string): Record<string, unknown> | null {
  const read = pairs.split(',').map((pair) => /^(?<path>.+):(?<scale>-?[\d.]+)$/.exec(pair)?.groups);
  const list = read.flatMap((groups) => (groups ? [{ path: groups['path'], scale: Number(groups['scale']) }] : []));
  return list.length === read.length ? { lora_adapters_json: adapters(list) } : null;
}

/** `name=path ...`, or a JSON object each. */
function readModules(values: readonly string[]): Record<string, unknown> | null {
  const list = values.map((value) => {
    const json = parseObject(value);
    if (json) return { path: json['path'], name: json['name'] };
    const pair = /^(?<name>[^=]+)=(?<path>.+)$/.exec(value)?.groups;
    return pair ? { path: pair['path'], name: pair['name'] } : null;
  });
  return list.includes(null) ? null : { lora_adapters_json: adapters(list) };
}

const SPECULATION: Readonly<Record<string, string>> = {
  method: 'spec_method',
  model: 'draft_model_path',
  num_speculative_tokens: 'draft_n',
  prompt_lookup_max: 'prompt_lookup_max',
  prompt_lookup_min: 'prompt_lookup_min',
  draft_tensor_parallel_size: 'draft_tp_size',
};

/** The parts that have a field of their own, and the rest as it is. */
function readSpeculation(config: string): Record<string, unknown> | null {
  const parsed = parseObject(config);
  if (!parsed) return null;
  const parts = Object.entries(parsed).filter(([key]) => Object.hasOwn(SPECULATION, key));
  if (parts.length === 0) return { speculative_config: config };
  const rest = Object.entries(parsed).filter(([key]) => !Object.hasOwn(SPECULATION, key));
  return {
    ...Object.fromEntries(parts.map(([key, value]) => [SPECULATION[key] ?? key, value])),
    ...(rest.length === 0 ? {} : { speculative_config: JSON.stringify(Object.fromEntries(rest)) }),
  };
}

function readTask(task: string | undefined): Record<string, unknown> | null {
  if (task === 'generate' || task === 'auto') return { task: 'generate' };
  return task === 'embed' || task === 'embedding' ? { task: 'embed' } : null;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
