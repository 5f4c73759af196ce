import { integer, toggle, variableToggle } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';

const field = (name: string, label: string, help: string) => ({ name, label, help, group: 'Start-up' });

/** What the engine writes into its log, and how long one step may take. */
export const loggingFields: readonly FieldRow[] = [
  toggle(
    field(
      'enable_log_requests',
      'Log requests',
      'Writes every request into the log, with the beginning of its prompt.',
    ),
    '--enable-log-requests',
    '--no-enable-log-requests',
  ),
  toggle(
    field('enable_log_outputs', 'Log answers', 'Writes every answer into the log too; needs "Log requests".'),
    '--enable-log-outputs',
    '--no-enable-log-outputs',
  ),
  integer(
    field('max_log_len', 'Logged of a prompt', 'Characters of a prompt that are written into the log; 0 for none.'),
    '--max-log-len',
    [0, 16_000_000],
  ),
  toggle(
    field('enable_per_request_metrics', 'Times in every answer', 'Tells in each answer how long it waited and took.'),
    '--enable-per-request-metrics',
    '--no-enable-per-request-metrics',
  ),
  variableToggle(
    field('debug_logging', 'Verbose log', 'The engine logs every step; slows it down.'),
    'VLLM_LOGGING_LEVEL',
    (on) => ({ VLLM_LOGGING_LEVEL: on ? 'DEBUG' : 'INFO' }),
  ),
  variableToggle(
    field(
      'trace_mode',
      'Trace every call',
      'Writes each function call to a file and runs the GPU step by step: for finding a crash, far too slow for use.',
    ),
    'VLLM_TRACE_FUNCTION',
    (on): Record<string, string> => (on ? { VLLM_TRACE_FUNCTION: '1', CUDA_LAUNCH_BLOCKING: '1' } : {}),
  ),
  integer(
    field('engine_request_timeout', 'Longest step', 'The engine gives up when one step on the GPUs takes longer.'),
    'VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS',
    [1, 86_400],
    {
      unit: 's',
      render: () => [],
      variables: (value) => ({ VLLM_EXECUTE_MODEL_TIMEOUT_SECONDS: String(value) }),
    },
  ),
];
