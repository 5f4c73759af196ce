import { choice, decimal, integer, suggested, toggle, variableToggle, words } from '../../field-rows.ts';
import type { FieldRow, FieldValue } from '../../field-table.ts';
import { humanInteger } from '../units.ts';

const MILLION = 1_000_000;
const field = (name: string, label: string, help: string) => ({ name, label, help, group: 'Context and memory' });

/** How long a conversation may be, and what the GPU's memory is used for. */
export const memoryFields: readonly FieldRow[] = [
  integer(
    field(
      'max_model_len',
      'Context length',
      'The longest prompt and answer together. Left empty, what the model was made for; -1, as much of that as fits.',
    ),
    '--max-model-len',
    [-1, 16 * MILLION],
    {
      unit: 'tokens',
      essential: true,
      coerce: (raw) => (raw === 'auto' ? -1 : humanInteger(raw)),
      check: (value) => (value === 0 ? 'must be at least 1 token, or -1 for as long as fits' : null),
      render: (value) => ['--max-model-len', value === -1 ? 'auto' : String(value)],
    },
  ),
  decimal(
    field(
      'gpu_memory_utilization',
      'Share of the GPU memory',
      'The part of each GPU’s whole memory that this model may take. Left empty, 0.92. Two models on one GPU must share it: 0.45 each.',
    ),
    '--gpu-memory-utilization',
    [0.01, 1],
    { essential: true },
  ),
  integer(
    field(
      'kv_cache_memory_bytes',
      'KV cache size',
      'Bytes of each GPU for the KV cache, instead of what the share of the memory leaves. 4G is read too.',
    ),
    '--kv-cache-memory-bytes',
    [1, Number.MAX_SAFE_INTEGER],
    { unit: 'bytes', aliases: '--kv-cache-memory', coerce: humanInteger },
  ),
  suggested(
    field('kv_cache_dtype', 'KV cache type', 'fp8 halves the memory of the KV cache at almost the same quality.'),
    '--kv-cache-dtype',
    'auto bfloat16 float16 fp8 fp8_e4m3 fp8_e5m2 fp8_inc fp8_ds_mla nvfp4 nvfp4_4over6 int8_per_token_head int4_per_token_head fp8_per_token_head turboquant_k8v4 turboquant_4bit_nc turboquant_k3v4_nc turboquant_3bit_nc',
    { essential: true },
  ),
  words(
    field(
      'kv_cache_dtype_skip_layers',
      'Layers with a full-size cache',
      'Numbers of layers, or kinds of layers (sliding_window).',
    ),
    '--kv-cache-dtype-skip-layers',
  ),
  integer(
    field(
      'block_size',
      'Block size',
      'Tokens in one block of the KV cache; the engine chooses what its attention needs.',
    ),
    '--block-size',
    [1, 4096],
    { unit: 'tokens' },
  ),
  toggle(
    field(
      'enable_prefix_caching',
      'Reuse prompts',
      'A request that begins like an earlier one skips what is already computed.',
    ),
    '--enable-prefix-caching',
    '--no-enable-prefix-caching',
  ),
  suggested(
    field(
      'prefix_caching_hash_algo',
      'Hash of prompts',
      'How beginnings are told apart; xxhash is faster, sha256 cannot be tricked.',
    ),
    '--prefix-caching-hash-algo',
    'sha256 sha256_cbor xxhash xxhash_cbor',
  ),
  integer(
    field(
      'prefix_cache_retention_interval',
      'Keep prompts for',
      'How long beginnings are kept at least; 0 as long as there is room.',
    ),
    '--prefix-cache-retention-interval',
    [0, MILLION],
    { since: '0.29.0' },
  ),
  decimal(
    field(
      'cpu_offload_gb',
      'Weights in the computer’s memory',
      'GiB of the weights, for each GPU, that stay outside it; every token waits for them.',
    ),
    '--cpu-offload-gb',
    [0, 65_536],
    { unit: 'GiB' },
  ),
  choice(
    field(
      'offload_backend',
      'Way of offloading',
      'How weights outside the GPU are reached: uva directly, prefetch ahead of time.',
    ),
    '--offload-backend',
    ['auto', 'uva', 'prefetch'],
  ),
  decimal(
    field(
      'kv_offloading_size',
      'KV cache in the computer’s memory',
      'GiB for parts of the KV cache that the GPU has no room for.',
    ),
    '--kv-offloading-size',
    [0, 65_536],
    { unit: 'GiB' },
  ),
  choice(
    field('kv_offloading_backend', 'Who keeps that cache', 'native is part of vLLM; lmcache must be in the image.'),
    '--kv-offloading-backend',
    ['native', 'lmcache'],
  ),
  toggle(
    field('disable_sliding_window', 'No sliding window', 'Cuts the context of sliding-window models to their window.'),
    '--disable-sliding-window',
    '--no-disable-sliding-window',
  ),
  toggle(
    field(
      'disable_hybrid_kv_cache_manager',
      'One cache for all layers',
      'Layers with a sliding window then take as much memory as the others.',
    ),
    '--disable-hybrid-kv-cache-manager',
    '--no-disable-hybrid-kv-cache-manager',
  ),
  suggested(
    field('mamba_cache_dtype', 'Mamba cache type', 'Number format of the state of Mamba layers.'),
    '--mamba-cache-dtype',
    'auto float16 bfloat16 float32',
  ),
  suggested(
    field('mamba_ssm_cache_dtype', 'Mamba SSM cache type', 'Number format of the inner state of Mamba layers.'),
    '--mamba-ssm-cache-dtype',
    'auto float16 bfloat16 float32',
  ),
  choice(
    field('mamba_cache_mode', 'Mamba cache mode', 'Which states are kept, so that prompts can be reused.'),
    '--mamba-cache-mode',
    ['all', 'align', 'none'],
  ),
  integer(
    field('mamba_block_size', 'Mamba block size', 'Tokens between two kept states.'),
    '--mamba-block-size',
    [1, MILLION],
    { unit: 'tokens' },
  ),
  toggle(
    field(
      'enable_sleep_mode',
      'Sleep mode',
      'Lets the engine give its GPU memory back without ending. Putting it to sleep and waking it goes through vLLM’s developer routes, which ask for no key: they need VLLM_SERVER_DEV_MODE=1 under "More engine environment".',
    ),
    '--enable-sleep-mode',
    '--no-enable-sleep-mode',
  ),
  variableToggle(
    field(
      'allow_long_max_model_len',
      'Context beyond the model’s own',
      'Takes a context length that the model was not made for; answers may be nonsense from there on.',
    ),
    'VLLM_ALLOW_LONG_MAX_MODEL_LEN',
    (on): Record<string, string> => (on ? { VLLM_ALLOW_LONG_MAX_MODEL_LEN: '1' } : {}),
  ),
];

export function numbersOnly(value: FieldValue): string | null {
  return Array.isArray(value) && !value.every((item) => /^\d+$/.test(item)) ? 'must be whole numbers' : null;
}
