import type { FieldRow } from '../field-table.ts';
import { containerFields, gpuFields } from '../runtime-fields.ts';
import { customFields, requestFields, supervisorFields } from '../shared-fields.ts';
import { answerFields } from './fields/answers.ts';
import { contextFields } from './fields/context.ts';
import { placementFields } from './fields/placement.ts';
import { speculationFields } from './fields/speculation.ts';
import { ropeFields, speedFields } from './fields/speed.ts';
import { startUpFields } from './fields/start-up.ts';

export const START_TIMEOUT_S = 300;

/**
 * llama.cpp's fields, by the names Cortex gave them. Flags and defaults are those of v0.5.0 (its common/arg.cpp). Where
 * the engine's own default depends on what is left out, ours is always sent, so that nothing is changed silently.
 */
export const llamacppRows: readonly FieldRow[] = [
  ...gpuFields,
  ...contextFields,
  ...placementFields,
  ...speedFields,
  ...answerFields,
  ...speculationFields,
  ...ropeFields,
  ...requestFields('repeat_penalty'),
  ...startUpFields,
  ...customFields('{"flag": "--keep", "type": "int", "value": 64}'),
  ...containerFields,
  ...supervisorFields(START_TIMEOUT_S),
];

/** Fields of older versions and of Cortex that llama.cpp no longer has, and what to do instead. */
export const LLAMACPP_RETIRED: Readonly<Record<string, string>> = {
  engine_version: 'it only labelled the engine; the program reads the version from the engine itself',
  defrag_thold: 'llama.cpp keeps its cache in order by itself, and v1.0.0 took the flag away',
  system_prompt:
    'llama-server takes no system prompt when it starts; send it as the first message, or write it into a chat template',
};
