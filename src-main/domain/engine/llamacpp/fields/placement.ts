import { choice, integer, text, toggle, pattern } from '../../field-rows.ts';
import type { FieldRow, MachineFacts } from '../../field-table.ts';

const onGpu = (machine: MachineFacts) => machine.backend !== 'cpu';

/** Where the weights lie, and how they get there. */
export const placementFields: readonly FieldRow[] = [
  integer(
    {
      name: 'ngl',
      label: 'GPU layers',
      help: 'Layers kept on the GPU. Left empty, as many as fit are taken; 0 runs on the CPU alone.',
      group: 'Placement',
    },
    '-ngl',
    [0, 999],
    {
      unit: 'layers',
      essential: true,
      defaultFor: (machine) => (onGpu(machine) ? 'auto' : 0),
      // Only the layer count may be fitted to the memory, and only when nobody set it.
      render: (value) => ['-ngl', String(value), '-fit', value === 'auto' ? 'on' : 'off'],
    },
  ),
  choice(
    {
      name: 'split_mode',
      label: 'Split across GPUs',
      help: 'How a model is shared between several GPUs: by layer, by row, or not at all.',
      group: 'Placement',
    },
    '-sm',
    ['none', 'layer', 'row', 'tensor'],
  ),
  text(
    {
      name: 'tensor_split',
      label: 'Shares of the GPUs',
      help: 'One number a GPU, separated by commas: 3,1 puts three quarters on the first.',
      group: 'Placement',
    },
    '-ts',
    { check: pattern(/^\d+(\.\d+)?(,\d+(\.\d+)?)*$/, 'must be numbers separated by commas, like 3,1') },
  ),
  integer(
    {
      name: 'main_gpu',
      label: 'Main GPU',
      help: 'The GPU that holds the whole model when it is not split.',
      group: 'Placement',
    },
    '-mg',
    [0, 63],
  ),
  integer(
    {
      name: 'n_cpu_moe',
      label: 'Expert layers on the CPU',
      help: 'Keeps the experts of the first N layers of a mixture-of-experts model in the computer’s memory.',
      group: 'Placement',
    },
    '-ncmoe',
    [0, 999],
    { unit: 'layers' },
  ),
  choice(
    {
      name: 'load_mode',
      label: 'Load mode',
      help: 'How the file gets into memory: mapped, locked so that it is never swapped out, read whole, or by direct I/O.',
      group: 'Placement',
    },
    '-lm',
    ['auto', 'none', 'mmap', 'mlock', 'mmap+mlock', 'dio'],
  ),
  choice(
    {
      name: 'numa_policy',
      label: 'NUMA policy',
      help: 'For machines with several processors: spread the work, or keep it on one node.',
      group: 'Placement',
    },
    '--numa',
    ['distribute', 'isolate', 'numactl'],
  ),
  toggle(
    {
      name: 'check_tensors',
      label: 'Check tensors',
      help: 'Looks for broken values while loading; slow for large files.',
      group: 'Placement',
    },
    '--check-tensors',
    null,
  ),
  toggle(
    {
      name: 'skip_warmup',
      label: 'Skip the warm-up',
      help: 'Ready sooner; the first request is slower.',
      group: 'Placement',
    },
    '--no-warmup',
    '--warmup',
  ),
];
