import { customIssues } from '../custom.ts';
import type { FieldIssue, FieldValues, TaskName } from '../field-table.ts';
import { vllmPolicy } from './custom.ts';
import { vllmRows } from './rows.ts';

/** What only shows between fields, or inside the owner's own flags and environment. */
export function vllmRules(fields: FieldValues, task: TaskName): FieldIssue[] {
  return [
    ...toolRules(fields),
    ...templateRules(fields),
    ...taskRules(fields, task),
    ...batchRules(fields),
    ...adapterRules(fields),
    ...speculationRules(fields),
    ...graphRules(fields),
    ...customIssues(fields, vllmRows, vllmPolicy),
  ];
}

const isSet = (fields: FieldValues, name: string) => (fields[name] ?? null) !== null;

function toolRules(fields: FieldValues): FieldIssue[] {
  if (fields['enable_auto_tool_choice'] === true && !isSet(fields, 'tool_call_parser')) {
    return [{ field: 'enable_auto_tool_choice', message: 'needs a tool call parser; choose the one of this model' }];
  }
  if (fields['enable_log_outputs'] === true && fields['enable_log_requests'] !== true) {
    return [{ field: 'enable_log_outputs', message: 'needs "Log requests" to be on' }];
  }
  return [];
}

function templateRules(fields: FieldValues): FieldIssue[] {
  if (!isSet(fields, 'chat_template') || !isSet(fields, 'chat_template_file')) return [];
  return [{ field: 'chat_template_file', message: 'cannot be used together with a chat template; clear one of them' }];
}

function taskRules(fields: FieldValues, task: TaskName): FieldIssue[] {
  const { runner } = fields;
  if (task === 'embed' && (runner === 'generate' || runner === 'draft')) {
    return [{ field: 'runner', message: `cannot be ${runner} for a model that embeds; take pooling, or clear it` }];
  }
  if (task === 'generate' && (runner === 'pooling' || runner === 'draft')) {
    return [
      { field: 'runner', message: `cannot be ${runner} for a model that answers; set the task to embed, or clear it` },
    ];
  }
  return [];
}

/** vLLM's own rules (its config/scheduler.py): a step holds every sequence, and without pieces a whole prompt. */
function batchRules(fields: FieldValues): FieldIssue[] {
  const { max_num_batched_tokens: tokens, max_num_seqs: sequences, max_model_len: length } = fields;
  if (typeof tokens !== 'number') return [];
  if (typeof sequences === 'number' && tokens < sequences) {
    return [{ field: 'max_num_batched_tokens', message: `must be at least the requests at once (${sequences})` }];
  }
  if (fields['enable_chunked_prefill'] === false && typeof length === 'number' && tokens < length) {
    return [
      {
        field: 'max_num_batched_tokens',
        message: `must be at least the context length (${length}) while prompts are not read in pieces`,
      },
    ];
  }
  return [];
}

function adapterRules(fields: FieldValues): FieldIssue[] {
  const { max_loras: once, max_cpu_loras: kept } = fields;
  if (typeof once === 'number' && typeof kept === 'number' && kept < once) {
    return [{ field: 'max_cpu_loras', message: `must be at least the adapters at once (${once})` }];
  }
  if (fields['enable_lora'] === true) return [];
  return ['lora_adapters_json', 'max_loras', 'max_lora_rank', 'max_cpu_loras', 'lora_dtype', 'fully_sharded_loras']
    .filter((name) => isSet(fields, name))
    .map((field) => ({ field, message: 'needs "LoRA adapters" to be on' }));
}

const GUESSED_WITHOUT_COUNT = /^(eagle|eagle3|mtp|.*_mtp|medusa|mlp_speculator|dflash|dspark|suffix)$/;

function speculationRules(fields: FieldValues): FieldIssue[] {
  if (isSet(fields, 'speculative_config')) return [];
  const { spec_method: method } = fields;
  const parts = ['draft_n', 'prompt_lookup_max', 'prompt_lookup_min', 'draft_tp_size'];
  if (!isSet(fields, 'spec_method') && !isSet(fields, 'draft_model_path')) {
    return parts
      .filter((name) => isSet(fields, name))
      .map((field) => ({ field, message: 'needs a draft model, or a way of guessing' }));
  }
  if (method === 'draft_model' && !isSet(fields, 'draft_model_path')) {
    return [{ field: 'spec_method', message: 'draft_model needs a draft model' }];
  }
  if (isSet(fields, 'draft_n') || (typeof method === 'string' && GUESSED_WITHOUT_COUNT.test(method))) return [];
  return [{ field: 'draft_n', message: 'is needed: how many tokens are guessed ahead' }];
}

function graphRules(fields: FieldValues): FieldIssue[] {
  if (fields['enforce_eager'] !== true || !isSet(fields, 'cuda_graph_sizes')) return [];
  return [{ field: 'cuda_graph_sizes', message: 'has no effect without compilation; clear one of them' }];
}
