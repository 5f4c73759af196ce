import type { FieldTable, MigratedFields } from '../field-table.ts';
import { answerFields } from './fields/answers.ts';
import { contextFields } from './fields/context.ts';
import { placementFields } from './fields/placement.ts';
import { programFields, requestFields } from './fields/program.ts';
import { ropeFields, speculationFields, speedFields } from './fields/speed.ts';
import { llamacppRules } from './rules.ts';

/**
 * llama.cpp's fields, by the names Cortex gave them. Flags and defaults are those of v0.5.0 (its common/arg.cpp). Where
 * the engine's own default depends on what is left out, ours is always sent, so that nothing is changed silently.
 */
export const llamacppFields: FieldTable = {
  engine: 'llamacpp',
  rows: [
    ...contextFields,
    ...placementFields,
    ...speedFields,
    ...answerFields,
    ...speculationFields,
    ...ropeFields,
    ...requestFields,
    ...programFields,
  ],
  migrate: migrateMemoryLocks,
  rules: llamacppRules,
};

/** `mlock` and `no_mmap` became one choice, in llama.cpp and so here. */
function migrateMemoryLocks(input: Readonly<Record<string, unknown>>): MigratedFields {
  const { mlock, no_mmap: noMap, ...rest } = input;
  if (rest['load_mode'] !== undefined || (mlock !== true && noMap !== true)) return { fields: rest, notes: [] };
  const mode = mlock === true ? (noMap === true ? 'mlock' : 'mmap+mlock') : 'none';
  const message = `became "load_mode": "${mode}"`;
  const notes = [...(mlock === true ? ['mlock'] : []), ...(noMap === true ? ['no_mmap'] : [])];
  return { fields: { ...rest, load_mode: mode }, notes: notes.map((field) => ({ field, message })) };
}
