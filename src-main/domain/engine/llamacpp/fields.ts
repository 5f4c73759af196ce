import type { FieldTable, MigratedFields } from '../field-table.ts';
import { libraryPath, migrateFields, type MigrationPlan } from '../migration.ts';
import { VLLM_RETIRED, vllmRows } from '../vllm/rows.ts';
import { LLAMACPP_RETIRED, llamacppRows } from './rows.ts';
import { llamacppRules } from './rules.ts';

const PLAN: MigrationPlan = {
  rows: llamacppRows,
  conversions: ['draft_model_path', 'chat_template_file', 'grammar_file', 'mmproj_path'].map((name) =>
    libraryPath(name),
  ),
  retired: LLAMACPP_RETIRED,
  foreign: { engine: 'vLLM', names: new Set([...vllmRows.map((row) => row.name), ...Object.keys(VLLM_RETIRED)]) },
};

export const llamacppFields: FieldTable = {
  engine: 'llamacpp',
  rows: llamacppRows,
  migrate: (input) => {
    const locks = migrateMemoryLocks(input);
    const { fields, notes } = migrateFields(locks.fields, PLAN);
    return { fields, notes: [...locks.notes, ...notes] };
  },
  rules: llamacppRules,
};

/**
 * `mlock` and `no_mmap` became one choice, in llama.cpp and so here. Both together read the file into memory and lock it
 * there, which is what the choice "mlock" does.
 */
function migrateMemoryLocks(input: Readonly<Record<string, unknown>>): MigratedFields {
  const { mlock, no_mmap: noMap, ...rest } = input;
  if (rest['load_mode'] !== undefined || (mlock !== true && noMap !== true)) return { fields: rest, notes: [] };
  const mode = mlock === true ? (noMap === true ? 'mlock' : 'mmap+mlock') : 'none';
  const message = `became "load_mode": "${mode}"`;
  const notes = [...(mlock === true ? ['mlock'] : []), ...(noMap === true ? ['no_mmap'] : [])];
  return { fields: { ...rest, load_mode: mode }, notes: notes.map((field) => ({ field, message })) };
}
