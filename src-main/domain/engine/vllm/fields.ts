import { decimal, integer } from '../field-rows.ts';
import type { FieldTable } from '../field-table.ts';

/** vLLM's fields, by the names Cortex gave them. */
export const vllmFields: FieldTable = {
  engine: 'vllm',
  rows: [
    integer(
      {
        name: 'max_model_len',
        label: 'Context length',
        help: 'The longest prompt and answer together. Left empty, what the model was made for.',
        group: 'Context and memory',
      },
      '--max-model-len',
      [1, 16_000_000],
      { unit: 'tokens', essential: true },
    ),
    decimal(
      {
        name: 'gpu_memory_utilization',
        label: 'Share of the GPU memory',
        help: 'The part of each GPU’s memory that this model may take.',
        group: 'Context and memory',
      },
      '--gpu-memory-utilization',
      [0.01, 1],
      { essential: true },
    ),
  ],
  migrate: (input) => ({ fields: { ...input }, notes: [] }),
  rules: () => [],
};
