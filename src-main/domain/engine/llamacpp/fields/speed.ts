import { choice, decimal, integer, text, toggle } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const MILLION = 1_000_000;

/** How fast it computes: batches, threads, guessing ahead; and how positions are counted. */
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
    { essential: true, defaultFor: (machine) => Math.max(1, machine.physicalCores) },
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
    { unit: 'tokens' },
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
    { unit: 'tokens' },
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
];

export const speculationFields: readonly FieldRow[] = [
  text(
    {
      name: 'draft_model_path',
      label: 'Draft model',
      help: 'A small model of the same vocabulary that guesses ahead.',
      group: 'Speculative decoding',
    },
    '--spec-draft-model',
    // Without a type the engine loads the draft model and never asks it (v0.5.0 common/speculative.cpp).
    { isPath: true, render: (value) => ['--spec-draft-model', String(value), '--spec-type', 'draft-simple'] },
  ),
  integer(
    { name: 'draft_n', label: 'Tokens guessed', help: 'The most tokens guessed ahead.', group: 'Speculative decoding' },
    '--spec-draft-n-max',
    [1, 256],
    { unit: 'tokens' },
  ),
  integer(
    {
      name: 'draft_n_min',
      label: 'Fewest tokens guessed',
      help: 'Fewer guesses than this are dropped.',
      group: 'Speculative decoding',
    },
    '--spec-draft-n-min',
    [0, 256],
    { unit: 'tokens' },
  ),
  decimal(
    {
      name: 'draft_p_min',
      label: 'Least probability',
      help: 'A guess less sure than this ends the guessing.',
      group: 'Speculative decoding',
    },
    '--spec-draft-p-min',
    [0, 1],
  ),
  integer(
    {
      name: 'draft_ngl',
      label: 'GPU layers of the draft model',
      help: 'Layers of the draft model on the GPU.',
      group: 'Speculative decoding',
    },
    '--spec-draft-ngl',
    [0, 999],
    { unit: 'layers' },
  ),
];
