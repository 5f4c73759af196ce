import type { FieldIssue, FieldValues, TaskName } from '../field-table.ts';
import { parseCustomArguments, parseCustomEnvironment, refuseArgument, refuseVariable } from './custom.ts';

const UNQUANTIZED = new Set(['f32', 'f16', 'bf16']);

/** What only shows between fields, or inside the owner's own flags and environment. */
export function llamacppRules(fields: FieldValues, task: TaskName): FieldIssue[] {
  return [
    ...cacheRules(fields),
    ...slotRules(fields),
    ...batchRules(fields, task),
    ...templateRules(fields),
    ...draftRules(fields),
    ...customRules(fields),
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
  if (task === 'generate' && typeof fields['pooling'] === 'string' && fields['enable_embeddings'] !== true) {
    return [{ field: 'pooling', message: 'is for embeddings; switch on "Embeddings beside chat", or clear it' }];
  }
  return [];
}

function templateRules(fields: FieldValues): FieldIssue[] {
  if (typeof fields['chat_template'] !== 'string' || typeof fields['chat_template_file'] !== 'string') return [];
  return [{ field: 'chat_template_file', message: 'cannot be used together with a chat template; clear one of them' }];
}

function draftRules(fields: FieldValues): FieldIssue[] {
  if (typeof fields['draft_model_path'] === 'string') return [];
  return ['draft_n', 'draft_n_min', 'draft_p_min', 'draft_ngl']
    .filter((name) => fields[name] !== undefined)
    .map((field) => ({ field, message: 'needs a draft model' }));
}

function customRules(fields: FieldValues): FieldIssue[] {
  const issues: FieldIssue[] = [];
  const args = fields['engine_startup_args_json'];
  if (typeof args === 'string') {
    const parsed = parseCustomArguments(args);
    for (const item of 'items' in parsed ? parsed.items : []) {
      const message = refuseArgument(item, FIELD_OF_FLAG);
      if (message !== null) issues.push({ field: 'engine_startup_args_json', message });
    }
  }
  const env = fields['engine_startup_env_json'];
  if (typeof env === 'string') {
    const parsed = parseCustomEnvironment(env);
    for (const item of 'items' in parsed ? parsed.items : []) {
      const message = refuseVariable(item);
      if (message !== null) issues.push({ field: 'engine_startup_env_json', message });
    }
  }
  return issues;
}

/** Every spelling of a flag that a row of the table already becomes: setting it twice would leave one of them unheard. */
export const FIELD_OF_FLAG: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ngl: '-ngl --gpu-layers --n-gpu-layers',
    split_mode: '-sm --split-mode',
    tensor_split: '-ts --tensor-split',
    main_gpu: '-mg --main-gpu',
    n_cpu_moe: '-ncmoe --n-cpu-moe',
    load_mode: '-lm --load-mode --mlock --mmap --no-mmap --direct-io --no-direct-io',
    numa_policy: '--numa',
    check_tensors: '--check-tensors',
    skip_warmup: '--warmup --no-warmup',
    context_size: '-c --ctx-size',
    parallel_slots: '-np --parallel',
    kv_unified: '-kvu --kv-unified -no-kvu --no-kv-unified --kv-unified-per-slot',
    cache_type_k: '-ctk --cache-type-k',
    cache_type_v: '-ctv --cache-type-v',
    flash_attention: '-fa --flash-attn',
    kv_offload: '-kvo --kv-offload -nkvo --no-kv-offload',
    swa_full: '--swa-full',
    cache_prompt: '--cache-prompt --no-cache-prompt',
    cache_reuse: '--cache-reuse',
    cache_ram_mb: '-cram --cache-ram',
    threads: '-t --threads',
    threads_batch: '-tb --threads-batch',
    batch_size: '-b --batch-size',
    ubatch_size: '-ub --ubatch-size',
    cont_batching: '-cb --cont-batching -nocb --no-cont-batching',
    rope_scaling: '--rope-scaling',
    rope_scale: '--rope-scale',
    rope_freq_base: '--rope-freq-base',
    rope_freq_scale: '--rope-freq-scale',
    yarn_orig_ctx: '--yarn-orig-ctx',
    jinja_enabled: '--jinja --no-jinja',
    chat_template: '--chat-template',
    chat_template_file: '--chat-template-file',
    reasoning_format: '--reasoning-format',
    reasoning_budget: '--reasoning-budget',
    pooling: '--pooling',
    mmproj_path: '-mm --mmproj',
    draft_model_path: '-md --model-draft --spec-draft-model --spec-type --spec-default',
    draft_n: '--spec-draft-n-max --draft --draft-n --draft-max',
    draft_n_min: '--spec-draft-n-min --draft-min --draft-n-min',
    draft_p_min: '--spec-draft-p-min --draft-p-min',
    draft_ngl: '-ngld --spec-draft-ngl --gpu-layers-draft --n-gpu-layers-draft',
    temperature: '--temp --temperature',
    top_p: '--top-p',
    top_k: '--top-k',
    min_p: '--min-p',
    repetition_penalty: '--repeat-penalty',
    frequency_penalty: '--frequency-penalty',
    presence_penalty: '--presence-penalty',
    max_tokens: '-n --predict --n-predict',
  }).flatMap(([field, flags]) => flags.split(' ').map((flag): [string, string] => [flag, field])),
);
