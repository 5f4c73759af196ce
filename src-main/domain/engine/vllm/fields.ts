import { listOfTexts } from '../field-rows.ts';
import type { FieldTable, MigratedFields } from '../field-table.ts';
import { LLAMACPP_RETIRED, llamacppRows } from '../llamacpp/rows.ts';
import { libraryPath, migrateFields, unsetValue, type MigrationPlan } from '../migration.ts';
import { vllmRules } from './rules.ts';
import { VLLM_RETIRED, vllmRows } from './rows.ts';

const PLAN: MigrationPlan = {
  rows: vllmRows,
  conversions: [
    ...['tokenizer', 'hf_config_path', 'draft_model_path', 'chat_template_file'].map((name) => libraryPath(name)),
    unsetValue('tp_size', 0, 'a model needs at least one GPU for each part'),
    unsetValue('engine_request_timeout', 0, 'it meant no limit of your own'),
    unsetValue('quantization', 'int8', 'vLLM has no such value; it reads the quantization from the model'),
    unsetValue('attention_backend', 'XFORMERS', 'vLLM no longer has it and chooses the best for the GPU'),
    unsetValue('prefix_caching_hash_algo', 'builtin', 'vLLM no longer has it'),
    {
      name: 'prefix_caching_hash_algo',
      convert: (value) =>
        value === 'sha256_cbor_64bit'
          ? { fields: { prefix_caching_hash_algo: 'sha256_cbor' }, message: 'became "sha256_cbor"' }
          : null,
    },
  ],
  retired: VLLM_RETIRED,
  foreign: {
    engine: 'llama.cpp',
    names: new Set([...llamacppRows.map((row) => row.name), ...Object.keys(LLAMACPP_RETIRED), 'mlock', 'no_mmap']),
  },
};

export const vllmFields: FieldTable = {
  engine: 'vllm',
  rows: vllmRows,
  migrate: (input) => {
    const graphs = migrateGraphSizes(input);
    const { fields, notes } = migrateFields(graphs.fields, PLAN);
    return { fields, notes: [...graphs.notes, ...notes] };
  },
  rules: vllmRules,
};

/**
 * Cortex wrote the sizes as a text, and beside `enforce_eager`, whose engine then made no graphs. A list is of today: that
 * contradiction is for its owner to decide.
 */
function migrateGraphSizes(input: Readonly<Record<string, unknown>>): MigratedFields {
  const { cuda_graph_sizes: sizes, ...rest } = input;
  if (typeof sizes !== 'string' || sizes === '') return { fields: { ...input }, notes: [] };
  if (rest['enforce_eager'] !== true) return { fields: { ...input, cuda_graph_sizes: listOfTexts(sizes) }, notes: [] };
  const message = `${sizes} was left out: without compilation (enforce_eager) no CUDA graphs are made`;
  return { fields: rest, notes: [{ field: 'cuda_graph_sizes', message }] };
}
