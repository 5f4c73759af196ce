import { integer, toggle } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

/** How the program itself runs. */
export const startUpFields: readonly FieldRow[] = [
  toggle(
    {
      name: 'check_tensors',
      label: 'Check tensors',
      help: 'Looks for broken values while loading; slow for large files.',
      group: 'Start-up',
    },
    '--check-tensors',
    null,
  ),
  toggle(
    {
      name: 'skip_warmup',
      label: 'Skip the warm-up',
      help: 'Ready sooner; the first request is slower.',
      group: 'Start-up',
    },
    '--no-warmup',
    '--warmup',
  ),
  integer(
    {
      name: 'threads_http',
      label: 'HTTP threads',
      help: 'Threads that answer HTTP requests; left empty, the engine decides by the processor.',
      group: 'Start-up',
    },
    '--threads-http',
    [1, 1024],
  ),
  toggle(
    {
      name: 'verbose_logging',
      label: 'Verbose log',
      help: 'The engine logs every step; slows it down.',
      group: 'Start-up',
    },
    '-lv 5',
    null,
    { render: () => [] },
  ),
];
