import { choice, integer, jsonFlag, suggested, toggle, words } from '../../field-rows.ts';
import type { FieldRow } from '../../field-table.ts';
import { humanInteger } from '../units.ts';
import { numbersOnly } from './memory.ts';

const MILLION = 1_000_000;
const field = (name: string, label: string, help: string) => ({ name, label, help, group: 'Speed' });

/** How many requests run at once, and how they are computed. */
export const speedFields: readonly FieldRow[] = [
  integer(
    field('max_num_seqs', 'Requests at once', 'The others wait. Left empty, 256, or 1024 on very large GPUs.'),
    '--max-num-seqs',
    [1, 65_536],
    { essential: true },
  ),
  integer(
    field(
      'max_num_batched_tokens',
      'Tokens at once',
      'Tokens computed in one step; more are faster for prompts and need more memory.',
    ),
    '--max-num-batched-tokens',
    [1, 16 * MILLION],
    { unit: 'tokens', essential: true, coerce: humanInteger },
  ),
  integer(
    field('max_num_queued_reqs', 'Longest queue', 'Requests that may wait; further ones are refused at once.'),
    '--max-num-queued-reqs',
    [0, MILLION],
    { since: '0.29.0' },
  ),
  integer(
    field(
      'max_num_queued_tokens',
      'Longest queue in tokens',
      'Prompt tokens that may wait; further requests are refused at once.',
    ),
    '--max-num-queued-tokens',
    [0, 1000 * MILLION],
    { unit: 'tokens', since: '0.29.0' },
  ),
  toggle(
    field(
      'enable_chunked_prefill',
      'Prompts in pieces',
      'Long prompts are read between the answers of others, instead of stopping them.',
    ),
    '--enable-chunked-prefill',
    '--no-enable-chunked-prefill',
  ),
  integer(
    field(
      'long_prefill_token_threshold',
      'A long prompt is',
      'Prompts beyond this count as long when they are read in pieces; 0 decides by the model.',
    ),
    '--long-prefill-token-threshold',
    [0, 16 * MILLION],
    { unit: 'tokens' },
  ),
  choice(
    field(
      'scheduling_policy',
      'Order of requests',
      'fcfs: first come, first served. priority: by the priority a request names.',
    ),
    '--scheduling-policy',
    ['fcfs', 'priority'],
  ),
  toggle(
    field('async_scheduling', 'Plan ahead', 'Plans the next step while the GPU computes this one.'),
    '--async-scheduling',
    '--no-async-scheduling',
  ),
  integer(
    field(
      'stream_interval',
      'Tokens a piece',
      'Tokens gathered before a stream sends them; more take less of the processor.',
    ),
    '--stream-interval',
    [1, 4096],
    { unit: 'tokens' },
  ),
  toggle(
    field(
      'enforce_eager',
      'No compilation',
      'Starts sooner and needs less memory, but answers more slowly: nothing is compiled, no CUDA graphs are made.',
    ),
    '--enforce-eager',
    '--no-enforce-eager',
    { essential: true },
  ),
  words(
    field('cuda_graph_sizes', 'CUDA graph sizes', 'Numbers of requests that a CUDA graph is made for: 1, 2, 4, 8.'),
    '--cudagraph-capture-sizes',
    { aliases: '--cuda-graph-sizes', check: numbersOnly },
  ),
  integer(
    field('max_cudagraph_capture_size', 'Largest CUDA graph', 'No CUDA graph is made for more requests than this.'),
    '--max-cudagraph-capture-size',
    [0, 65_536],
  ),
  jsonFlag(
    field('compilation_config', 'Compilation', 'How the model is compiled: {"mode": 3}.'),
    '--compilation-config',
    'object',
    { aliases: '-cc' },
  ),
  integer(
    field('optimization_level', 'Optimization level', '0 starts soonest, 3 answers fastest.'),
    '--optimization-level',
    [0, 3],
    { aliases: '-O' },
  ),
  suggested(
    field('performance_mode', 'Tuned for', 'interactivity answers one request soonest, throughput many together.'),
    '--performance-mode',
    'balanced interactivity throughput',
    { since: '0.17.0' },
  ),
  suggested(
    field(
      'attention_backend',
      'Attention',
      'Left empty, the best for this GPU. FLASH_ATTN needs a GPU of the RTX 30 series or newer.',
    ),
    '--attention-backend',
    'FLASH_ATTN FLASHINFER TRITON_ATTN FLEX_ATTENTION TURBOQUANT FLASHMLA TRITON_MLA CUTLASS_MLA FLASHINFER_MLA FLASH_ATTN_MLA TORCH_SDPA CPU_ATTN',
  ),
  jsonFlag(
    field('attention_config', 'Attention settings', 'More of the attention: {"flash_attn_version": 2}.'),
    '--attention-config',
    'object',
    { aliases: '-ac' },
  ),
];
