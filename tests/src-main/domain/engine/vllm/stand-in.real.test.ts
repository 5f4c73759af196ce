import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Launch } from '../../../../../src-main/domain/engine/driver.ts';
import { validateConfiguration, type FieldValues } from '../../../../../src-main/domain/engine/field-table.ts';
import { vllm } from '../../../../../src-main/domain/engine/vllm/driver.ts';

/** The driver and the stand-in, which takes vLLM's real flags, held against each other: real processes, real sockets. */
const PROGRAM = join(import.meta.dirname, '../../../../fakes/vllm/vllm.ts');
const KEY = 'a-key';
const CONFIG = {
  architectures: ['Qwen3ForCausalLM'],
  max_position_embeddings: 32_768,
  num_attention_heads: 16,
  num_key_value_heads: 8,
  num_hidden_layers: 28,
  hidden_size: 1024,
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vllm-'));
  model('qwen', CONFIG);
  model('gptq', { ...CONFIG, quantization_config: { quant_method: 'gptq' } });
  model('fancy', { ...CONFIG, architectures: ['FancyForCausalLM'] });
  model('bert', { ...CONFIG, architectures: ['BertModel'], max_position_embeddings: 512 });
  mkdirSync(join(folder, 'empty'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function model(name: string, config: object): void {
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, name, 'model.safetensors'), '');
}

class Engine implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(port: number, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.port = port;
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { env: { PATH: '', STANDIN_LOAD_MS: '50', ...env } });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.lines.push(...text.split(/[\r\n]+/)));
    }
    this.#ended = once(this.#child, 'close');
  }

  async end(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  get facts() {
    return this.lines.reduce(vllm.readLine, vllm.initialFacts);
  }

  async ready(): Promise<void> {
    while (!this.facts.listening) {
      if (this.#child.exitCode !== null) throw new Error(this.lines.join('\n'));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  fetch(path: string, body?: object, key = KEY): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, {
      headers: { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function start(
  name: string,
  fields: FieldValues,
  env: Record<string, string> = {},
  task: Launch['task'] = 'generate',
) {
  const port = await freePort();
  const command = vllm.command(fields, {
    runtime: 'process',
    modelPath: join(folder, name),
    servedName: 'tester',
    task,
    host: '127.0.0.1',
    port,
    key: KEY,
    version: '0.29.0',
    machine: { logicalCores: 2, physicalCores: 2, totalMemoryBytes: 2 ** 33, backend: 'cuda' },
    knownFlags: null,
    hubToken: null,
    header: null,
    paths: {},
  });
  return new Engine(port, [...command.subcommand, ...command.args], { ...command.env, ...env });
}

async function diagnosisOf(engine: Engine, fields: FieldValues) {
  const exitCode = await engine.end();
  return vllm.diagnose({
    runtime: 'container',
    gpus: 2,
    end: {
      exitCode,
      signal: null,
      wasReady: false,
      timedOutAfterMs: null,
      spawnError: null,
      outOfMemory: false,
      removed: false,
      runtimeLost: false,
    },
    lines: engine.lines,
    fields,
    machine: { logicalCores: 2, physicalCores: 2, totalMemoryBytes: 2 ** 33, backend: 'cuda' },
  });
}

describe('a start that fails', () => {
  it('because the context is larger than the KV cache is mended by its first fix, and then answers', async () => {
    const env = { STANDIN_KV_TOKENS: '12288' };
    const fields = { max_model_len: 32_768 };
    await using failed = await start('qwen', fields, env);
    const { code, summary, fixes } = await diagnosisOf(failed, fields);
    expect(code).toBe('kv_cache_too_small');
    expect(summary).toMatch(/^A context of 32768 tokens needs 1\.75 GiB of KV cache, and 0\.66 GiB are left/);
    const patched = validateConfiguration(vllm.table, 'generate', { ...fields, ...fixes[0]?.patch });
    expect(patched).toMatchObject({ fields: { max_model_len: 12_288 }, issues: [] });
    await using mended = await start('qwen', patched.fields, env);
    await mended.ready();
    expect(mended.facts).toMatchObject({
      kvCacheTokens: 12_288,
      maxConcurrency: 1,
      slotContext: 12_288,
      backend: 'cuda',
    });
    const models = (await (await mended.fetch('/v1/models')).json()) as {
      data: { id: string; max_model_len: number }[];
    };
    expect(models.data[0]).toMatchObject({ id: 'tester', max_model_len: 12_288 });
  });

  it('because another program holds the GPU is mended by taking less', async () => {
    const env = { STANDIN_FREE_GIB: '12' };
    await using failed = await start('qwen', {}, env);
    const { code, fixes } = await diagnosisOf(failed, {});
    expect([code, fixes[0]?.patch]).toEqual(['gpu_memory_taken', { gpu_memory_utilization: 0.48 }]);
    await using mended = await start('qwen', fixes[0]?.patch ?? {}, env);
    await mended.ready();
  });

  const CASES: readonly (readonly [string, FieldValues, string, Record<string, string>?])[] = [
    ['none', {}, 'model_folder_invalid'],
    ['empty', {}, 'model_folder_invalid'],
    ['fancy', {}, 'architecture_unknown'],
    ['qwen', { max_model_len: 65_536 }, 'context_too_long'],
    ['qwen', { tp_size: 3 }, 'gpu_heads'],
    ['qwen', { tp_size: 16 }, 'gpu_count'],
    ['gptq', { quantization: 'awq' }, 'quantization_mismatch'],
    ['qwen', { quantization: 'bitsandbytes' }, 'quantization_unknown'],
    ['qwen', { enable_auto_tool_choice: true, tool_call_parser: 'qwen3_code' }, 'parser_unknown'],
    ['qwen', { reasoning_parser: 'nobody' }, 'parser_unknown'],
    ['qwen', { engine_startup_args_json: '[{"flag":"--swap-space","type":"int","value":4}]' }, 'invalid_argument'],
    ['qwen', { kv_cache_dtype: 'fp9' }, 'invalid_argument'],
    ['a.gguf', {}, 'load_format_unknown'],
    ['qwen', {}, 'gpu_driver_too_old', { STANDIN_FAIL: 'driver_old' }],
    ['qwen', {}, 'killed', { STANDIN_FAIL: 'host_oom' }],
  ];
  const cases = CASES.map(([name, fields, code, env]) => ({ name, fields, code, env }));
  it.each(cases)('$name with $fields is told as $code', async ({ name, fields, code, env }) => {
    await using engine = await start(name, fields, env);
    const diagnosis = await diagnosisOf(engine, fields);
    expect([diagnosis.code, engine.lines.slice(-3)]).toEqual([code, engine.lines.slice(-3)]);
    for (const { patch } of diagnosis.fixes.filter((fix) => fix.patch !== null)) {
      const { issues } = validateConfiguration(vllm.table, 'generate', { ...fields, ...patch });
      expect(issues).toEqual([]);
    }
  });
});

describe('a start that works', () => {
  it('takes nearly every field at once, for the flags are the real ones', async () => {
    const fields: FieldValues = {
      tp_size: 2,
      pipeline_parallel_size: 1,
      max_model_len: -1,
      gpu_memory_utilization: 0.5,
      kv_cache_memory_bytes: 1_000_000,
      kv_cache_dtype: 'fp8',
      enable_prefix_caching: false,
      cpu_offload_gb: 0,
      max_num_seqs: 8,
      max_num_batched_tokens: 4096,
      max_num_queued_reqs: 0,
      cuda_graph_sizes: ['1', '2', '4'],
      compilation_config: '{"mode": 3}',
      optimization_level: 0,
      attention_backend: 'FLASH_ATTN',
      enable_auto_tool_choice: true,
      tool_call_parser: 'hermes',
      reasoning_parser: 'qwen3',
      max_logprobs: -1,
      chat_template: '{{ messages }}',
      dtype: 'half',
      enable_lora: true,
      lora_adapters_json: '["a","b"]',
      max_lora_rank: 64,
      spec_method: 'ngram',
      draft_n: 4,
      limit_mm_per_prompt: '{"image": 2}',
      trust_remote_code: false,
      max_log_len: 0,
      enable_sleep_mode: true,
    };
    expect(validateConfiguration(vllm.table, 'generate', fields).issues).toEqual([]);
    await using engine = await start('qwen', fields, { STANDIN_KV_TOKENS: '10000' });
    await engine.ready();
    // 10000 tokens at 0.92, on two GPUs, at half the share and half the width.
    expect(engine.facts.slotContext).toBe(21_739);
    expect(vllm.noticesOf(engine.facts, 'cuda', fields)).toHaveLength(2);
  });

  it('answers as vLLM does: whole, in pieces, with errors, metrics, and a key on /v1 only', async () => {
    await using engine = await start('qwen', {});
    await engine.ready();
    const messages = [{ role: 'user', content: 'hello you' }];
    const whole = await engine.fetch('/v1/chat/completions', { model: 'tester', messages });
    expect(await whole.json()).toMatchObject({
      object: 'chat.completion',
      choices: [
        { message: { role: 'assistant', content: 'Hello from the stand-in for vLLM.' }, finish_reason: 'stop' },
      ],
      usage: { completion_tokens: 7 },
    });
    const stream = await engine.fetch('/v1/chat/completions', {
      model: 'tester',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const events = (await stream.text()).split('\n\n').filter((event) => event !== '');
    expect(events.length).toBeGreaterThan(8);
    expect(events.at(-1)).toBe('data: [DONE]');
    expect(events.at(-2)).toContain('"usage":{');
    const unknown = await engine.fetch('/v1/chat/completions', { model: 'other', messages });
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { error: { message: 'The model `other` does not exist.', type: 'NotFoundError', param: null, code: 404 } },
    ]);
    expect((await engine.fetch('/v1/models', undefined, 'wrong')).status).toBe(401);
    const health = await engine.fetch('/health', undefined, 'wrong');
    expect([health.status, await health.text()]).toEqual([200, '']);
    expect(await (await engine.fetch('/metrics')).text()).toMatch(/vllm:generation_tokens_total\{.*\} 14/);
  });

  it('embeds, where the task says so', async () => {
    await using engine = await start('bert', {}, {}, 'embed');
    await engine.ready();
    const answer = await engine.fetch('/v1/embeddings', { model: 'tester', input: ['a', 'b'] });
    const { data } = (await answer.json()) as { data: { embedding: number[] }[] };
    expect(data.map(({ embedding }) => Math.round(Math.hypot(...embedding) * 1000))).toEqual([1000, 1000]);
  });

  it('prints a help that its flags are read from', async () => {
    await using engine = new Engine(0, vllm.help.args, {});
    expect(await engine.end()).toBe(0);
    expect(vllm.readFlags(engine.lines.join('\n'))?.flags.has('--kv-cache-memory-bytes')).toBe(true);
  });
});
