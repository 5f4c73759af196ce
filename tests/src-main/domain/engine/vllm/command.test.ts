import { describe, expect, it } from 'vitest';
import type { Launch } from '../../../../../src-main/domain/engine/driver.ts';
import { pathsOf, validateConfiguration } from '../../../../../src-main/domain/engine/field-table.ts';
import { readArgparseHelp } from '../../../../../src-main/domain/engine/known-flags.ts';
import { vllmAdvice } from '../../../../../src-main/domain/engine/vllm/advice.ts';
import { flagIssues, vllmCommand } from '../../../../../src-main/domain/engine/vllm/command.ts';
import { vllmFields } from '../../../../../src-main/domain/engine/vllm/fields.ts';
import { HELP } from '../../../../fakes/vllm/flags.ts';

const launch: Launch = {
  runtime: 'container',
  modelPath: '/models/qwen',
  servedName: 'qwen',
  task: 'generate',
  host: '0.0.0.0',
  port: 8000,
  key: 'secret-key',
  version: '0.33.0',
  machine: { logicalCores: 4, physicalCores: 2, totalMemoryBytes: 8 * 2 ** 30, backend: 'cuda' },
  knownFlags: null,
  hubToken: null,
  header: null,
  paths: {},
};
const line = (fields: Parameters<typeof vllmCommand>[0], more: Partial<Launch> = {}) =>
  vllmCommand(fields, { ...launch, ...more }).args.join(' ');
const messages = (input: Record<string, unknown>, task: 'generate' | 'embed' = 'generate') =>
  validateConfiguration(vllmFields, task, input).issues.map(({ field, message }) => `${field}: ${message}`);

describe('the command of a launch', () => {
  it('sends nothing that nobody set', () => {
    expect(line({})).toBe('--model /models/qwen --served-model-name qwen --host 0.0.0.0 --port 8000');
  });

  it('hands key and token over by environment alone, and reports to nobody', () => {
    const { args, env, secretEnv } = vllmCommand({}, { ...launch, hubToken: 'hf_x' });
    expect(args.join(' ')).not.toMatch(/secret-key|hf_x|api-key/);
    expect(env).toEqual({
      VLLM_API_KEY: 'secret-key',
      HF_TOKEN: 'hf_x',
      VLLM_NO_USAGE_STATS: '1',
      DO_NOT_TRACK: '1',
      VLLM_LOGGING_COLOR: '0',
      NO_COLOR: '1',
      HF_HUB_OFFLINE: '1',
    });
    expect(secretEnv).toEqual(['VLLM_API_KEY', 'HF_TOKEN']);
  });

  it('lets a model of the hub ask the hub, and a local one only where it is said', () => {
    expect(vllmCommand({}, { ...launch, modelPath: 'Qwen/Qwen3-8B' }).env['HF_HUB_OFFLINE']).toBeUndefined();
    expect(vllmCommand({ hf_offline: false }, launch).env['HF_HUB_OFFLINE']).toBe('0');
    expect(vllmCommand({ hf_offline: true }, { ...launch, modelPath: 'Qwen/Qwen3-8B' }).env['HF_HUB_OFFLINE']).toBe(
      '1',
    );
  });

  it('masks what the owner’s own variables keep secret', () => {
    const fields = {
      engine_startup_env_json: '[{"key":"AWS_SECRET_ACCESS_KEY","value":"s"},{"key":"NCCL_DEBUG","value":"INFO"}]',
    };
    expect(vllmCommand(fields, launch).secretEnv).toEqual(['VLLM_API_KEY', 'AWS_SECRET_ACCESS_KEY']);
  });

  it('sends zero and false, which are values', () => {
    const args = line({
      seed: 0,
      cpu_offload_gb: 0,
      max_log_len: 0,
      enable_prefix_caching: false,
      enforce_eager: false,
    });
    expect(args).toContain('--cpu-offload-gb 0');
    expect(args).toContain('--seed 0');
    expect(args).toContain('--max-log-len 0');
    expect(args).toContain('--no-enable-prefix-caching');
    expect(args).toContain('--no-enforce-eager');
  });

  it('runs an embedding model as one', () => {
    expect(line({}, { task: 'embed' })).toContain('--runner pooling');
    expect(line({ runner: 'auto' }, { task: 'embed' })).toContain('--runner auto');
  });

  it('makes one object of everything about guessing ahead, with the owner’s own keys over it', () => {
    const { args } = vllmCommand(
      {
        spec_method: 'draft_model',
        draft_model_path: 'small',
        draft_n: 4,
        speculative_config: '{"draft_tensor_parallel_size": 1, "num_speculative_tokens": 5}',
      },
      { ...launch, paths: { draft_model_path: '/companions/0/small' } },
    );
    expect(args.slice(-2)).toEqual([
      '--speculative-config',
      '{"method":"draft_model","model":"/companions/0/small","num_speculative_tokens":5,"draft_tensor_parallel_size":1}',
    ]);
  });

  it('serves adapters from their real paths by their names', () => {
    const list = '["lora/sql", {"path": "lora/chat", "name": "chatty"}]';
    const paths = { 'lora_adapters_json/0': '/companions/0/sql', 'lora_adapters_json/1': '/companions/1/chat' };
    const fields = { enable_lora: true, lora_adapters_json: list };
    expect(line(fields, { paths })).toContain(
      '--enable-lora --lora-modules sql=/companions/0/sql chatty=/companions/1/chat',
    );
    expect(pathsOf(vllmFields, fields)).toEqual([
      { key: 'lora_adapters_json/0', field: 'lora_adapters_json', path: 'lora/sql', orHubId: false },
      { key: 'lora_adapters_json/1', field: 'lora_adapters_json', path: 'lora/chat', orHubId: false },
    ]);
  });

  it('gives the engine the patience that the start was given', () => {
    expect(vllmCommand({ startup_timeout_sec: 1800 }, launch).env['VLLM_ENGINE_READY_TIMEOUT_S']).toBe('1800');
    expect(vllmCommand({ startup_timeout_sec: 60 }, launch).env['VLLM_ENGINE_READY_TIMEOUT_S']).toBeUndefined();
  });

  it('leaves out what an old version does not know, and what this very image does not know', () => {
    const old = vllmCommand({ max_num_queued_reqs: 8 }, { ...launch, version: '0.28.0' });
    expect(old.args).not.toContain('--max-num-queued-reqs');
    expect(old.unsupported).toEqual([
      { field: 'max_num_queued_reqs', message: 'needs engine version 0.29.0 or newer (this one is 0.28.0)' },
    ]);
    // The image's own word counts more than its version.
    const known = readArgparseHelp('  --max-num-queued-reqs N\n');
    const { args, unsupported } = vllmCommand(
      { max_num_queued_reqs: 8, max_num_seqs: 4 },
      { ...launch, version: '0.28.0', knownFlags: known },
    );
    expect(args.slice(-2)).toEqual(['--max-num-queued-reqs', '8']);
    expect(unsupported).toEqual([
      {
        field: 'max_num_seqs',
        message: '--max-num-seqs is no flag of this engine; did you mean --max-num-queued-reqs?',
      },
    ]);
  });

  it('never holds a flag that vLLM 0.29 does not have', () => {
    const known = readArgparseHelp(HELP);
    for (const row of vllmFields.rows) {
      for (const flag of row.flag?.startsWith('--') === true ? [row.flag] : []) {
        expect([row.name, flag, known?.flags.has(flag)]).toEqual([row.name, flag, true]);
      }
    }
  });
});

describe('what an image offers', () => {
  it('is what a choice is held to', () => {
    const known = readArgparseHelp('  --kv-cache-dtype {auto,fp8}\n  --dtype {auto,half}\n');
    expect(known && flagIssues({ kv_cache_dtype: 'nvfp4', dtype: 'half' }, known)).toEqual([
      { field: 'kv_cache_dtype', message: '"nvfp4" is not offered by this engine; it offers auto, fp8' },
    ]);
  });
});

describe('fields that do not go together', () => {
  it.each([
    [{ enable_auto_tool_choice: true }, /^enable_auto_tool_choice: needs a tool call parser/],
    [{ chat_template: 'x', chat_template_file: 'y' }, /cannot be used together/],
    [{ max_num_batched_tokens: 8, max_num_seqs: 16 }, /at least the requests at once \(16\)/],
    [{ max_num_batched_tokens: 64, max_model_len: 128, enable_chunked_prefill: false }, /context length \(128\)/],
    [{ lora_adapters_json: '["a"]' }, /needs "LoRA adapters" to be on/],
    [{ enable_lora: true, max_loras: 4, max_cpu_loras: 2 }, /at least the adapters at once \(4\)/],
    [{ draft_n: 4 }, /needs a draft model, or a way of guessing/],
    [{ spec_method: 'ngram' }, /^draft_n: is needed/],
    [{ spec_method: 'draft_model', draft_n: 4 }, /needs a draft model/],
    [{ runner: 'pooling' }, /set the task to embed/],
    [{ enforce_eager: true, cuda_graph_sizes: ['1'] }, /without compilation/],
    [{ enable_log_outputs: true }, /Log requests/],
    [{ max_model_len: 0 }, /at least 1 token/],
    [{ max_lora_rank: 20, enable_lora: true }, /must be one of 1, 8/],
    [{ cuda_graph_sizes: '1, x' }, /whole numbers/],
    [{ hf_overrides: '[1]' }, /must be a JSON object/],
    [{ tokenizer: '--api-key' }, /must not begin with a dash/],
    [{ lora_adapters_json: '[{"path": "a", "scale": 1}]', enable_lora: true }, /only llama.cpp takes/],
    [{ lora_adapters_json: '["x/a", "y/a"]', enable_lora: true }, /two adapters the same/],
  ])('%o is refused', (input, message) => expect(messages(input)[0]).toMatch(message));

  it.each([
    { spec_method: 'ngram', draft_n: 4, prompt_lookup_max: 4 },
    { spec_method: 'mtp' },
    { speculative_config: { method: 'eagle3', model: 'a/b', num_speculative_tokens: 3 } },
    { enable_auto_tool_choice: true, tool_call_parser: 'a_parser_of_tomorrow' },
    { quantization: 'a_method_of_tomorrow' },
    { max_model_len: -1 },
  ])('%o is fine', (input) => expect(messages(input)).toEqual([]));
});

describe('advice before a start', () => {
  const titles = (fields: Parameters<typeof vllmAdvice>[0], more: Partial<Launch> = {}) =>
    vllmAdvice(fields, { ...launch, ...more }).map(({ title }) => title);

  it('says that a GGUF file needs a plugin, unless the image offers the format', () => {
    const gguf = { modelPath: '/models/a.gguf' };
    expect(titles({}, gguf)).toEqual(['Needs vllm-gguf-plugin in the image']);
    expect(titles({}, { ...gguf, version: '0.23.0' })).toEqual([]);
    expect(titles({}, { ...gguf, knownFlags: readArgparseHelp('  --load-format {auto,gguf}\n') })).toEqual([]);
    expect(titles({}, { ...gguf, knownFlags: readArgparseHelp('  --load-format {auto,pt}\n') })).toHaveLength(1);
    expect(titles({ quantization: 'bitsandbytes' })).toEqual(['Needs vllm-bnb-plugin in the image']);
  });
});
