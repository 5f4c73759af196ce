import { adaptersIn, adaptersProblem, type Adapter } from '../../adapters.ts';
import { decimal, integer, json, jsonFlag, suggested, text, toggle } from '../../field-rows.ts';
import type { FieldRow, FieldValue } from '../../field-table.ts';

const inGroup = (group: string) => (name: string, label: string, help: string) => ({ name, label, help, group });
const media = inGroup('Images and sound');
const adapter = inGroup('Adapters');
const guess = inGroup('Speculative decoding');

/** Models that see and hear. */
export const mediaFields: readonly FieldRow[] = [
  jsonFlag(
    media(
      'limit_mm_per_prompt',
      'Most in one prompt',
      'How many of each a prompt may hold: {"image": 2, "video": 0}. Fewer leave more memory.',
    ),
    '--limit-mm-per-prompt',
    'object',
  ),
  jsonFlag(
    media('mm_processor_kwargs', 'Processor settings', 'How images are cut: {"max_pixels": 1003520}.'),
    '--mm-processor-kwargs',
    'object',
  ),
  decimal(
    media('mm_processor_cache_gb', 'Cache of images', 'Memory for images that were seen before; 0 keeps none.'),
    '--mm-processor-cache-gb',
    [0, 4096],
    { unit: 'GiB' },
  ),
  toggle(
    media('language_model_only', 'Text only', 'Leaves out what sees and hears, and its memory.'),
    '--language-model-only',
    '--no-language-model-only',
  ),
  toggle(
    media('skip_mm_profiling', 'Do not measure images', 'Starts sooner; a large image may then find no memory.'),
    '--skip-mm-profiling',
    '--no-skip-mm-profiling',
  ),
];

const RANKS = [1, 8, 16, 32, 64, 128, 256, 320, 512];

export const adapterFields: readonly FieldRow[] = [
  toggle(
    adapter('enable_lora', 'LoRA adapters', 'Serves adapters beside the model.'),
    '--enable-lora',
    '--no-enable-lora',
  ),
  json(
    adapter(
      'lora_adapters_json',
      'Adapters',
      'A JSON list of adapter folders inside the library, each a path or {"path": ..., "name": "the model name that asks for it"}.',
    ),
    {
      flag: '--lora-modules',
      check: adapterProblem,
      pathsIn: (value) => adaptersIn(value).map(({ path }) => path),
      render: renderAdapters,
    },
  ),
  integer(adapter('max_loras', 'Adapters at once', 'Adapters that one step may use.'), '--max-loras', [1, 4096]),
  integer(
    adapter(
      'max_lora_rank',
      'Largest rank',
      'The largest rank of all adapters; one of 1, 8, 16, 32, 64, 128, 256, 320, 512.',
    ),
    '--max-lora-rank',
    [1, 512],
    { check: (value) => (RANKS.includes(Number(value)) ? null : `must be one of ${RANKS.join(', ')}`) },
  ),
  integer(
    adapter('max_cpu_loras', 'Adapters kept at hand', 'Adapters kept in the computer’s memory.'),
    '--max-cpu-loras',
    [1, 65_536],
  ),
  suggested(
    adapter('lora_dtype', 'Number format of adapters', 'auto takes the model’s own.'),
    '--lora-dtype',
    'auto float16 bfloat16',
  ),
  toggle(
    adapter(
      'fully_sharded_loras',
      'Split adapters fully',
      'Splits adapters over the GPUs completely; faster for long ones.',
    ),
    '--fully-sharded-loras',
    '--no-fully-sharded-loras',
  ),
];

/** vLLM names an adapter as a model: by its given name, or by its folder. */
export function adapterName({ name, path }: Adapter): string {
  return name ?? path.split(/[/\\]/).findLast((part) => part !== '') ?? path;
}

function adapterProblem(value: FieldValue): string | null {
  const problem = adaptersProblem(value);
  if (problem !== null) return problem;
  const adapters = adaptersIn(value);
  if (adapters.some(({ scale }) => scale !== null)) return 'holds a scale, which only llama.cpp takes; leave it out';
  const names = adapters.map(adapterName);
  if (names.some((name) => name.includes('='))) return 'holds a name with an equals sign';
  return new Set(names).size === names.length ? null : 'names two adapters the same; give them a "name"';
}

function renderAdapters(value: FieldValue): readonly string[] {
  const adapters = adaptersIn(value);
  return adapters.length === 0
    ? []
    : ['--lora-modules', ...adapters.map((item) => `${adapterName(item)}=${item.path}`)];
}

const PARTS = { flag: '--speculative-config', render: () => [] };

/** Guessing tokens ahead. All of it becomes one flag, which the driver writes. */
export const speculationFields: readonly FieldRow[] = [
  suggested(
    guess(
      'spec_method',
      'Way of guessing',
      'ngram repeats what was said before; draft_model asks a small model; eagle3 and mtp ask a head made for this model.',
    ),
    '--speculative-config',
    'ngram ngram_gpu draft_model eagle eagle3 mtp medusa mlp_speculator suffix dflash dspark',
    PARTS,
  ),
  text(
    guess(
      'draft_model_path',
      'Draft model',
      'A folder inside the library or a name on the hub: the small model or head that guesses ahead.',
    ),
    '--speculative-config',
    { ...PARTS, isPath: true, orHubId: true },
  ),
  integer(guess('draft_n', 'Tokens guessed', 'Tokens guessed ahead.'), '--speculative-config', [1, 256], {
    ...PARTS,
    unit: 'tokens',
  }),
  integer(
    guess('prompt_lookup_max', 'Longest match', 'ngram: the longest piece that is looked up.'),
    '--speculative-config',
    [1, 1024],
    { ...PARTS, unit: 'tokens' },
  ),
  integer(
    guess('prompt_lookup_min', 'Shortest match', 'ngram: the shortest piece that is looked up.'),
    '--speculative-config',
    [1, 1024],
    { ...PARTS, unit: 'tokens' },
  ),
  integer(
    guess('draft_tp_size', 'GPUs of the draft model', 'GPUs that share every layer of the draft model.'),
    '--speculative-config',
    [1, 1024],
    PARTS,
  ),
  jsonFlag(
    guess(
      'speculative_config',
      'More settings',
      'Anything else of it, over the fields above: {"disable_by_batch_size": 32}.',
    ),
    '--speculative-config',
    'object',
    { aliases: '-sc --spec-method --spec-model --spec-tokens' },
  ),
];
