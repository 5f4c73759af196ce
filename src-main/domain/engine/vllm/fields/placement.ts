import { choice, integer, toggle } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const field = (name: string, label: string, help: string) => ({ name, label, help, group: 'Placement' });

/** How one model is spread over several GPUs. */
export const placementFields: readonly FieldRow[] = [
  integer(
    field(
      'tp_size',
      'Tensor parallel size',
      'GPUs that share every layer. It must divide the model’s attention heads: 2, 4 and 8 nearly always do.',
    ),
    '--tensor-parallel-size',
    [1, 1024],
    { unit: 'GPUs', essential: true, aliases: '-tp' },
  ),
  integer(
    field('pipeline_parallel_size', 'Pipeline parallel size', 'Groups of GPUs that hold the layers one after another.'),
    '--pipeline-parallel-size',
    [1, 1024],
    { aliases: '-pp' },
  ),
  integer(
    field('data_parallel_size', 'Data parallel size', 'Copies of the whole model, each on GPUs of its own.'),
    '--data-parallel-size',
    [1, 1024],
    { aliases: '-dp' },
  ),
  toggle(
    field(
      'enable_expert_parallel',
      'Expert parallel',
      'Spreads the experts of a mixture-of-experts model over the GPUs, each whole.',
    ),
    '--enable-expert-parallel',
    '--no-enable-expert-parallel',
    { aliases: '-ep' },
  ),
  choice(
    field(
      'distributed_executor_backend',
      'Processes of',
      'How the processes of several GPUs are started: mp on one machine, uni in one process, ray by Ray.',
    ),
    '--distributed-executor-backend',
    ['mp', 'uni', 'ray'],
  ),
  toggle(
    field('disable_custom_all_reduce', 'Plain all-reduce', 'For machines whose GPUs cannot reach each other directly.'),
    '--disable-custom-all-reduce',
    '--no-disable-custom-all-reduce',
  ),
  toggle(
    field('numa_bind', 'Bind to NUMA nodes', 'Keeps each GPU’s process on the processor next to it.'),
    '--numa-bind',
    '--no-numa-bind',
  ),
];
