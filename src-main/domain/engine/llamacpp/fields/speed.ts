import { choice, decimal, integer, toggle } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const MILLION = 1_000_000;

/** How fast it computes: batches and threads; and how positions are counted. */
export const speedFields: readonly FieldRow[] = [
  integer(
    {
      name: 'threads',
      label: 'Threads',
      help: 'CPU threads for generating. More than the physical cores is usually slower.',
      group: 'Speed',
    },
    '-t',
    [1, 1024],
    { aliases: '--threads', essential: true, defaultFor: (machine) => Math.max(1, machine.physicalCores) },
  ),
  integer(
    {
      name: 'threads_batch',
      label: 'Threads for prompts',
      help: 'CPU threads for reading prompts; the same as for generating when left empty.',
      group: 'Speed',
    },
    '-tb',
    [1, 1024],
    { aliases: '--threads-batch' },
  ),
  integer(
    {
      name: 'batch_size',
      label: 'Batch size',
      help: 'Prompt tokens taken up at once.',
      group: 'Speed',
    },
    '-b',
    [1, MILLION],
    { aliases: '--batch-size', unit: 'tokens' },
  ),
  integer(
    {
      name: 'ubatch_size',
      label: 'Micro-batch size',
      help: 'Tokens computed in one step; larger is faster for prompts and needs more memory.',
      group: 'Speed',
    },
    '-ub',
    [1, MILLION],
    { aliases: '--ubatch-size', unit: 'tokens' },
  ),
  toggle(
    {
      name: 'cont_batching',
      label: 'Continuous batching',
      help: 'New requests join those already running.',
      group: 'Speed',
    },
    '--cont-batching',
    '--no-cont-batching',
    { aliases: '-cb -nocb' },
  ),
  toggle(
    {
      name: 'op_offload',
      label: 'Prompts on the GPU',
      help: 'Computes prompts on the GPU even where weights stay in the computer’s memory.',
      group: 'Speed',
    },
    '--op-offload',
    '--no-op-offload',
  ),
  integer(
    {
      name: 'thread_priority',
      label: 'Thread priority',
      help: '-1 low, 0 normal, 1 medium, 2 high, 3 real time.',
      group: 'Speed',
    },
    '--prio',
    [-1, 3],
  ),
];

export const ropeFields: readonly FieldRow[] = [
  choice(
    {
      name: 'rope_scaling',
      label: 'RoPE scaling',
      help: 'Stretches the positions for a longer context than the model was trained with.',
      group: 'Position encoding',
    },
    '--rope-scaling',
    ['none', 'linear', 'yarn'],
  ),
  decimal(
    {
      name: 'rope_scale',
      label: 'RoPE scale',
      help: 'The context is stretched by this factor.',
      group: 'Position encoding',
    },
    '--rope-scale',
    [0, 1024],
  ),
  decimal(
    {
      name: 'rope_freq_base',
      label: 'RoPE base frequency',
      help: 'Replaces the base frequency in the file; 0 takes the file’s own.',
      group: 'Position encoding',
    },
    '--rope-freq-base',
    [0, 1e12],
  ),
  decimal(
    {
      name: 'rope_freq_scale',
      label: 'RoPE frequency scale',
      help: 'Stretches the context by 1/N; 0 takes the file’s own.',
      group: 'Position encoding',
    },
    '--rope-freq-scale',
    [0, 1024],
  ),
  integer(
    {
      name: 'yarn_orig_ctx',
      label: 'YaRN original context',
      help: 'The context the model was trained with; 0 takes the file’s own.',
      group: 'Position encoding',
    },
    '--yarn-orig-ctx',
    [0, 16 * MILLION],
    { unit: 'tokens' },
  ),
  decimal(
    {
      name: 'yarn_ext_factor',
      label: 'YaRN extrapolation',
      help: 'How much is extrapolated; 0 only interpolates, -1 takes the file’s own.',
      group: 'Position encoding',
    },
    '--yarn-ext-factor',
    [-1, 1],
  ),
  decimal(
    {
      name: 'yarn_attn_factor',
      label: 'YaRN attention factor',
      help: 'Scales the attention; -1 takes the file’s own.',
      group: 'Position encoding',
    },
    '--yarn-attn-factor',
    [-1, 64],
  ),
  decimal(
    {
      name: 'yarn_beta_slow',
      label: 'YaRN beta slow',
      help: 'The upper end of the correction; -1 takes the file’s own.',
      group: 'Position encoding',
    },
    '--yarn-beta-slow',
    [-1, 1024],
  ),
  decimal(
    {
      name: 'yarn_beta_fast',
      label: 'YaRN beta fast',
      help: 'The lower end of the correction; -1 takes the file’s own.',
      group: 'Position encoding',
    },
    '--yarn-beta-fast',
    [-1, 1024],
  ),
];
