import { describe, expect, it } from 'vitest';
import type { EngineName } from '../../../../src-main/domain/engine/field-table.ts';
import { validateConfiguration } from '../../../../src-main/domain/engine/field-table.ts';
import { driverOf } from '../../../../src-main/domain/engine/registry.ts';
import { vllmFields } from '../../../../src-main/domain/engine/vllm/fields.ts';

/** Every configuration field of Cortex with a value its form or its interface took; what the contract itself holds is left out. */
const SHARED = {
  engine_version: '0.10.0',
  selected_gpus: '[0, 1]',
  device: 'cuda',
  entrypoint_override: 'vllm,serve',
  startup_timeout_sec: 600,
  engine_startup_args_json: '[]',
  engine_startup_env_json: '[]',
  temperature: 0,
  top_p: 0.9,
  top_k: 40,
  repetition_penalty: 1.2,
  frequency_penalty: 0,
  presence_penalty: 0,
  custom_request_json: '{"min_p": 0.05}',
  request_timeout_sec: 60,
  stream_timeout_sec: 60,
};
const VLLM = {
  hf_offline: true,
  tokenizer: 'Qwen/Qwen3-8B',
  hf_config_path: '/models/Qwen3-8B',
  trust_remote_code: false,
  tp_size: 2,
  pipeline_parallel_size: 1,
  dtype: 'auto',
  gpu_memory_utilization: 0.9,
  max_model_len: 8192,
  max_num_batched_tokens: 8192,
  kv_cache_dtype: 'fp8',
  quantization: 'awq',
  block_size: 16,
  swap_space_gb: 4,
  enforce_eager: false,
  cpu_offload_gb: 0,
  enable_prefix_caching: false,
  prefix_caching_hash_algo: 'sha256_cbor_64bit',
  enable_chunked_prefill: true,
  max_num_seqs: 256,
  cuda_graph_sizes: '1, 2, 4',
  attention_backend: 'FLASH_ATTN',
  gguf_weight_format: 'auto',
  disable_log_requests: true,
  disable_log_stats: true,
  vllm_v1_enabled: true,
  debug_logging: true,
  trace_mode: false,
  engine_request_timeout: 300,
  max_log_len: 0,
};
const LLAMACPP = {
  ngl: 0,
  context_size: 16_384,
  parallel_slots: 16,
  batch_size: 2048,
  ubatch_size: 2048,
  threads: 32,
  tensor_split: '0.5,0.5',
  flash_attention: true,
  mlock: true,
  no_mmap: true,
  numa_policy: 'isolate',
  split_mode: 'layer',
  rope_freq_base: 0,
  rope_freq_scale: 0,
  cache_type_k: 'q8_0',
  cache_type_v: 'q8_0',
  cont_batching: true,
  verbose_logging: false,
  check_tensors: true,
  skip_warmup: false,
  jinja_enabled: true,
  defrag_thold: 0.1,
  lora_init_without_apply: false,
  grammar_file: '/models/a.gbnf',
  enable_embeddings: false,
  system_prompt: 'Be kind.',
};
const BOTH_ENGINES = {
  chat_template: '{{ messages }}',
  chat_template_file: '/models/a.jinja',
  lora_adapters_json: '["a"]',
  draft_model_path: '/models/draft',
  draft_n: 16,
};
const DRAFT_ONLY_LLAMACPP = { draft_p_min: 0 };

const CORTEX: Readonly<Record<EngineName, Readonly<Record<string, unknown>>>> = {
  vllm: { ...SHARED, ...VLLM },
  llamacpp: { ...SHARED, ...LLAMACPP },
};
const ENGINES: readonly EngineName[] = ['vllm', 'llamacpp'];
const OTHER = { vllm: 'llamacpp', llamacpp: 'vllm' } as const;
const WORDS = { vllm: 'vLLM', llamacpp: 'llama.cpp' } as const;
/** Fields that only stand beside another. */
const BESIDE: Readonly<Record<string, Record<string, unknown>>> = {
  draft_n: { draft_model_path: 'draft' },
  draft_model_path: { draft_n: 4 },
  draft_p_min: { draft_model_path: 'draft' },
  lora_adapters_json: { enable_lora: true },
};

function read(engine: EngineName, input: Readonly<Record<string, unknown>>) {
  return validateConfiguration(driverOf(engine).table, 'generate', input);
}

describe.each(ENGINES)('every field of Cortex, on %s', (engine) => {
  const own = { ...CORTEX[engine], ...BOTH_ENGINES, ...(engine === 'llamacpp' ? DRAFT_ONLY_LLAMACPP : {}) };

  it.each(Object.entries(own))('%s is a field, became one, or is gone with the reason told', (name, value) => {
    const { fields, issues, notes } = read(engine, { ...BESIDE[name], [name]: value });
    expect(issues.filter(({ field }) => field !== 'enable_lora')).toEqual([]);
    const isKept = Object.hasOwn(fields, name);
    const isTold = notes.some(({ field, message }) => field === name && message.length > 10);
    expect([name, isKept || isTold]).toEqual([name, true]);
  });

  const foreign = Object.keys(CORTEX[OTHER[engine]]).filter((name) => !Object.hasOwn(own, name));
  it.each(foreign)('%s of the other engine is dropped, and told so', (name) => {
    const { fields, issues, notes } = read(engine, { [name]: CORTEX[OTHER[engine]][name] });
    expect(issues).toEqual([]);
    expect(fields).toEqual({});
    expect(notes).toEqual([{ field: name, message: `is a field of ${WORDS[OTHER[engine]]} and was left out` }]);
  });

  it('takes a whole old configuration at once, and empty fields without a word', () => {
    const empty = Object.fromEntries([...Object.keys(VLLM), ...Object.keys(LLAMACPP)].map((name) => [name, null]));
    expect(read(engine, empty)).toEqual({ fields: {}, issues: [], notes: [] });
    expect(read(engine, { ...empty, ...CORTEX[engine] }).issues).toEqual([]);
  });
});

describe('what an old value becomes', () => {
  const fieldsOf = (engine: EngineName, input: Record<string, unknown>) => read(engine, input).fields;

  it('is the same in the words of today', () => {
    expect(fieldsOf('vllm', { hf_config_path: '/models/a/b' })).toEqual({ hf_config_path: 'a/b' });
    expect(fieldsOf('vllm', { prefix_caching_hash_algo: 'sha256_cbor_64bit' })).toEqual({
      prefix_caching_hash_algo: 'sha256_cbor',
    });
    expect(fieldsOf('vllm', { cuda_graph_sizes: '1, 2,4' })).toEqual({ cuda_graph_sizes: ['1', '2', '4'] });
    expect(fieldsOf('vllm', { selected_gpus: '"[0, 1]"' })).toEqual({ selected_gpus: ['0', '1'] });
    expect(fieldsOf('vllm', { selected_gpus: [0, 'GPU-1a2b'] })).toEqual({ selected_gpus: ['0', 'GPU-1a2b'] });
    expect(fieldsOf('vllm', { entrypoint_override: 'python3, -m, vllm' })).toEqual({
      entrypoint_override: ['python3', '-m', 'vllm'],
    });
    expect(fieldsOf('vllm', { max_model_len: '32k' })).toEqual({ max_model_len: 32_000 });
    expect(fieldsOf('vllm', { max_model_len: '32K' })).toEqual({ max_model_len: 32_768 });
    expect(fieldsOf('vllm', { max_model_len: 'auto' })).toEqual({ max_model_len: -1 });
    expect(fieldsOf('llamacpp', { mlock: true, no_mmap: true })).toEqual({ load_mode: 'mlock' });
  });

  it('is nothing, where it is a value that no longer exists', () => {
    const gone = [
      { tp_size: 0 },
      { quantization: 'int8' },
      { attention_backend: 'XFORMERS' },
      { prefix_caching_hash_algo: 'builtin' },
      { engine_request_timeout: 0 },
    ];
    for (const input of gone) {
      const { fields, issues, notes } = read('vllm', input);
      expect([input, fields, issues, notes.length]).toEqual([input, {}, [], 1]);
    }
  });

  it('is dropped where it contradicts another of the same old configuration', () => {
    const old = { enforce_eager: true, cuda_graph_sizes: '1, 2, 4' };
    expect(read('vllm', old)).toMatchObject({
      fields: { enforce_eager: true },
      issues: [],
      notes: [{ field: 'cuda_graph_sizes', message: expect.stringContaining('1, 2, 4 was left out') }],
    });
    expect(fieldsOf('vllm', { ...old, enforce_eager: false })['cuda_graph_sizes']).toEqual(['1', '2', '4']);
  });

  it('refuses the same contradiction in the words of today, wherever its halves were said', () => {
    const messages = (input: Record<string, unknown>) => read('vllm', input).issues.map(({ field }) => field);
    expect(messages({ enforce_eager: true, cuda_graph_sizes: ['1', '2'] })).toEqual(['cuda_graph_sizes']);
    // A patch of the old form over a stored half: what it says is read as today's, and then judged with the whole.
    const patched = { enforce_eager: true, ...vllmFields.migrate({ cuda_graph_sizes: '1, 2' }).fields };
    expect(messages(patched)).toEqual(['cuda_graph_sizes']);
  });

  it('locks memory in one way, whatever the order of the two old switches', () => {
    for (const input of [
      { mlock: true, no_mmap: true },
      { no_mmap: true, mlock: true },
    ]) {
      expect(read('llamacpp', input)).toMatchObject({ fields: { load_mode: 'mlock' }, issues: [] });
    }
    expect(fieldsOf('llamacpp', { mlock: true, no_mmap: false })).toEqual({ load_mode: 'mmap+mlock' });
    expect(fieldsOf('llamacpp', { no_mmap: true })).toEqual({ load_mode: 'none' });
  });

  it('never replaces what is said in the words of today', () => {
    expect(fieldsOf('llamacpp', { no_mmap: true, load_mode: 'dio' })).toEqual({ load_mode: 'dio' });
  });

  it('refuses a GPU that is none, and one named twice', () => {
    const messages = (input: Record<string, unknown>) => read('vllm', input).issues.map(({ message }) => message);
    expect(messages({ selected_gpus: ['all'] })[0]).toMatch(/is no GPU/);
    expect(messages({ selected_gpus: [0, 0] })).toEqual(['names a GPU twice']);
    expect(messages({ selected_gpus: {} })).toEqual(['must be a list of texts']);
  });
});
