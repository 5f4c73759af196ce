import type { FieldRow } from '../field-table.ts';
import { containerFields, gpuFields } from '../runtime-fields.ts';
import { customFields, requestFields, supervisorFields } from '../shared-fields.ts';
import { answerFields } from './fields/answers.ts';
import { adapterFields, mediaFields, speculationFields } from './fields/extras.ts';
import { loggingFields } from './fields/logging.ts';
import { memoryFields } from './fields/memory.ts';
import { placementFields } from './fields/placement.ts';
import { sourceFields } from './fields/source.ts';
import { speedFields } from './fields/speed.ts';

export const START_TIMEOUT_S = 600;

/**
 * vLLM's fields, by the names Cortex gave them. Flags are those of 0.29 (the parser dump of its official image). Nothing
 * that is not set is sent, so that the model's and the engine's own defaults count.
 */
export const vllmRows: readonly FieldRow[] = [
  ...gpuFields,
  ...placementFields,
  ...memoryFields,
  ...speedFields,
  ...answerFields,
  ...sourceFields,
  ...mediaFields,
  ...adapterFields,
  ...speculationFields,
  ...requestFields('repetition_penalty'),
  ...loggingFields,
  ...customFields('{"flag": "--max-parallel-loading-workers", "type": "int", "value": 2}'),
  ...containerFields,
  ...supervisorFields(START_TIMEOUT_S),
];

/** Fields of older versions and of Cortex that vLLM no longer has, and what to do instead. */
export const VLLM_RETIRED: Readonly<Record<string, string>> = {
  engine_version: 'it only labelled the engine; the program reads the version from the image itself',
  swap_space_gb: 'vLLM no longer swaps requests out; "kv_offloading_size" is the nearest thing to it',
  disable_log_requests: 'vLLM no longer logs requests unless "enable_log_requests" is on',
  disable_log_stats: 'vLLM’s metrics are made from its statistics, so they stay on',
  vllm_v1_enabled: 'the V1 engine is the only one vLLM still has',
  gguf_weight_format:
    'vLLM never had such a setting; a GGUF file is recognised by itself, in an image with vllm-gguf-plugin',
};
