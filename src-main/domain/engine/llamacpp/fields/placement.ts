import { choice, integer, pattern, text, toggle } from '../../field-rows.ts';
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
      aliases: '--gpu-layers --n-gpu-layers',
      unit: 'layers',
      essential: true,
      defaultFor: (machine) => (onGpu(machine) ? 'auto' : 0),
    },
  ),
  toggle(
    {
      name: 'fit',
      label: 'Fit to the memory',
      help: 'Lets the engine lower what is left empty until it fits. Left empty, it may do so only with the GPU layers.',
      group: 'Placement',
    },
    null,
    null,
    { aliases: '--fit', flag: '-fit', render: (value) => ['-fit', value === true ? 'on' : 'off'] },
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
    { aliases: '--split-mode' },
  ),
  text(
    {
      name: 'tensor_split',
      label: 'Shares of the GPUs',
      help: 'One number a GPU, separated by commas: 3,1 puts three quarters on the first.',
      group: 'Placement',
    },
    '-ts',
    {
      aliases: '--tensor-split',
      check: pattern(/^\d+(\.\d+)?(,\d+(\.\d+)?)*$/, 'must be numbers separated by commas, like 3,1'),
    },
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
    { aliases: '--main-gpu' },
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
    { aliases: '--n-cpu-moe', unit: 'layers' },
  ),
  toggle(
    {
      name: 'cpu_moe',
      label: 'All experts on the CPU',
      help: 'Keeps all experts of a mixture-of-experts model in the computer’s memory.',
      group: 'Placement',
    },
    '--cpu-moe',
    null,
    { aliases: '-cmoe' },
  ),
  text(
    {
      name: 'override_tensor',
      label: 'Tensors elsewhere',
      help: 'Which tensors go to which memory, as pattern=buffer, separated by commas: exps=CPU keeps experts in the computer’s memory.',
      group: 'Placement',
    },
    '--override-tensor',
    {
      aliases: '-ot',
      check: pattern(/^[^=,]+=[^=,]+(,[^=,]+=[^=,]+)*$/, 'must be pattern=buffer pairs, like exps=CPU'),
    },
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
    { aliases: '--load-mode --mlock --mmap --no-mmap --direct-io --no-direct-io' },
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
];
