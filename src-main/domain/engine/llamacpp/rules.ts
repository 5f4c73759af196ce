import { customIssues } from '../custom.ts';
import type { FieldIssue, FieldValues, TaskName } from '../field-table.ts';
import { llamacppPolicy } from './custom.ts';
import { llamacppRows } from './rows.ts';

const UNQUANTIZED = new Set(['f32', 'f16', 'bf16']);

/** What only shows between fields, or inside the owner's own flags and environment. */
export function llamacppRules(fields: FieldValues, task: TaskName): FieldIssue[] {
  return [
    ...cacheRules(fields),
    ...slotRules(fields),
    ...batchRules(fields, task),
    ...templateRules(fields),
    ...draftRules(fields),
    ...customIssues(fields, llamacppRows, llamacppPolicy),
  ];
}

function cacheRules(fields: FieldValues): FieldIssue[] {
  const type = fields['cache_type_v'];
  if (typeof type !== 'string' || UNQUANTIZED.has(type) || fields['flash_attention'] !== false) return [];
  return [
    {
      field: 'cache_type_v',
      message: `${type} needs flash attention, which is switched off; switch it on or take f16`,
    },
  ];
}

function slotRules(fields: FieldValues): FieldIssue[] {
  const { context_size: context, parallel_slots: slots, kv_unified: unified } = fields;
  if (unified !== false || typeof context !== 'number' || typeof slots !== 'number' || context / slots >= 64) return [];
  return [
    {
      field: 'context_size',
      message: `leaves each of ${slots} slots ${Math.floor(context / slots)} tokens; raise it, take fewer slots, or let the slots share it`,
    },
  ];
}

function batchRules(fields: FieldValues, task: TaskName): FieldIssue[] {
  const { batch_size: batch, ubatch_size: micro } = fields;
  if (typeof batch === 'number' && typeof micro === 'number' && micro > batch) {
    return [{ field: 'ubatch_size', message: `must not be larger than the batch size (${batch})` }];
  }
  if (fields['rerank'] === true) return rerankRules(fields);
  if (task === 'generate' && typeof fields['pooling'] === 'string' && fields['enable_embeddings'] !== true) {
    return [{ field: 'pooling', message: 'is for embeddings; switch on "Embeddings beside chat", or clear it' }];
  }
  return [];
}

function rerankRules(fields: FieldValues): FieldIssue[] {
  const { pooling } = fields;
  if (typeof pooling !== 'string' || pooling === 'rank') return [];
  return [{ field: 'pooling', message: `must be rank for reranking, not ${pooling}; clear one of them` }];
}

function templateRules(fields: FieldValues): FieldIssue[] {
  if (typeof fields['chat_template'] !== 'string' || typeof fields['chat_template_file'] !== 'string') return [];
  return [{ field: 'chat_template_file', message: 'cannot be used together with a chat template; clear one of them' }];
}

function draftRules(fields: FieldValues): FieldIssue[] {
  const draft = typeof fields['draft_model_path'] === 'string';
  const type = fields['spec_type'];
  if (typeof type === 'string' && /draft-simple/.test(type) && !draft) {
    return [{ field: 'spec_type', message: 'draft-simple needs a draft model' }];
  }
  if (draft || (typeof type === 'string' && type !== 'none')) return [];
  return ['draft_n', 'draft_n_min', 'draft_p_min', 'draft_ngl']
    .filter((name) => fields[name] !== undefined)
    .map((field) => ({ field, message: 'needs a draft model, or a way of guessing' }));
}
