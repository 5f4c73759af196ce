import { choice, integer, toggle } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const MIB = 1_048_576;
const MILLION = 1_000_000;
const CACHE_TYPES = ['f32', 'f16', 'bf16', 'q8_0', 'q5_1', 'q5_0', 'q4_1', 'q4_0', 'iq4_nl'] as const;

/** What a conversation may hold, and how many run at once. */
export const contextFields: readonly FieldRow[] = [
  integer(
    {
      name: 'context_size',
      label: 'Context length',
      help: 'Tokens kept in memory, shared by all slots. A prompt that is longer is refused.',
      group: 'Context and slots',
    },
    '-c',
    [128, 16 * MILLION],
    { aliases: '--ctx-size', unit: 'tokens', essential: true, defaultFor: () => 8192 },
  ),
  integer(
    {
      name: 'parallel_slots',
      label: 'Slots',
      help: 'Requests that run at the same time; the others wait.',
      group: 'Context and slots',
    },
    '-np',
    [1, 256],
    { aliases: '--parallel', essential: true, defaultFor: () => 4 },
  ),
  toggle(
    {
      name: 'kv_unified',
      label: 'Slots share the context',
      help: 'On: one slot may use the whole context while the others are idle. Off: each slot has an equal, fixed part.',
      group: 'Context and slots',
    },
    '--kv-unified',
    '--no-kv-unified',
    { aliases: '-kvu -no-kvu --kv-unified-per-slot', essential: true, defaultFor: () => true },
  ),
  choice(
    {
      name: 'cache_type_k',
      label: 'KV cache type (K)',
      help: 'The number format of the keys. q8_0 halves the memory of f16 at almost the same quality.',
      group: 'Context and slots',
    },
    '-ctk',
    CACHE_TYPES,
    { aliases: '--cache-type-k', essential: true },
  ),
  choice(
    {
      name: 'cache_type_v',
      label: 'KV cache type (V)',
      help: 'The number format of the values. Anything smaller than f16 needs flash attention.',
      group: 'Context and slots',
    },
    '-ctv',
    CACHE_TYPES,
    { aliases: '--cache-type-v', essential: true },
  ),
  toggle(
    {
      name: 'flash_attention',
      label: 'Flash attention',
      help: 'Faster attention in less memory. Left empty, the engine decides by the device.',
      group: 'Context and slots',
    },
    null,
    null,
    {
      aliases: '--flash-attn',
      flag: '-fa',
      essential: true,
      render: (value) => ['-fa', value === true ? 'on' : 'off'],
    },
  ),
  toggle(
    {
      name: 'kv_offload',
      label: 'KV cache on the GPU',
      help: 'Off keeps the context in the computer’s memory: slower, but room for more layers.',
      group: 'Context and slots',
    },
    '--kv-offload',
    '--no-kv-offload',
    { aliases: '-kvo -nkvo' },
  ),
  toggle(
    {
      name: 'swa_full',
      label: 'Full-size sliding-window cache',
      help: 'Keeps all tokens of sliding-window models, so that prompts can be reused.',
      group: 'Context and slots',
    },
    '--swa-full',
    null,
  ),
  toggle(
    {
      name: 'cache_prompt',
      label: 'Reuse the last prompt',
      help: 'A request that begins like the one before it skips what is already computed.',
      group: 'Context and slots',
    },
    '--cache-prompt',
    '--no-cache-prompt',
  ),
  integer(
    {
      name: 'cache_reuse',
      label: 'Reuse moved chunks',
      help: 'The smallest chunk that is reused after it moved; 0 reuses beginnings only.',
      group: 'Context and slots',
    },
    '--cache-reuse',
    [0, MILLION],
    { unit: 'tokens' },
  ),
  integer(
    {
      name: 'cache_ram_mb',
      label: 'Prompt cache in memory',
      help: 'Memory for prompts of earlier requests; 0 keeps none, -1 has no limit.',
      group: 'Context and slots',
    },
    '-cram',
    [-1, 4 * MILLION],
    {
      aliases: '--cache-ram',
      unit: 'MiB',
      // The engine's own 8 GiB would be all that a small machine has.
      defaultFor: (machine) => Math.min(8192, Math.floor(machine.totalMemoryBytes / MIB / 8)),
    },
  ),
  toggle(
    {
      name: 'context_shift',
      label: 'Shift the context',
      help: 'When the context is full, the oldest tokens make room, so that an answer can go on without end.',
      group: 'Context and slots',
    },
    '--context-shift',
    '--no-context-shift',
  ),
  integer(
    {
      name: 'n_predict',
      label: 'Longest answer of the engine',
      help: 'Tokens after which the engine ends every answer, whatever a request asks; -1 has no limit.',
      group: 'Context and slots',
    },
    '--n-predict',
    [-1, 16 * MILLION],
    { aliases: '-n --predict', unit: 'tokens' },
  ),
  integer(
    {
      name: 'ctx_checkpoints',
      label: 'Checkpoints of a slot',
      help: 'States kept of models with a sliding window or a recurrent state, so that a changed prompt starts from one.',
      group: 'Context and slots',
    },
    '--ctx-checkpoints',
    [0, 1024],
    { aliases: '-ctxcp --swa-checkpoints' },
  ),
];
