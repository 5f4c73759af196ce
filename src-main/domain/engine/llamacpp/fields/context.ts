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
    { unit: 'tokens', essential: true, defaultFor: () => 8192 },
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
    { essential: true, defaultFor: () => 4 },
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
    { essential: true, defaultFor: () => true },
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
    { essential: true },
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
    { essential: true },
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
    { flag: '-fa', essential: true, render: (value) => ['-fa', value === true ? 'on' : 'off'] },
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
      unit: 'MiB',
      // The engine's own 8 GiB would be all that a small machine has.
      defaultFor: (machine) => Math.min(8192, Math.floor(machine.totalMemoryBytes / MIB / 8)),
    },
  ),
];
