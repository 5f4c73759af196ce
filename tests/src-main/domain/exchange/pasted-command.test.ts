import { describe, expect, it } from 'vitest';
import type { Launch } from '../../../../src-main/domain/engine/driver.ts';
import {
  validateConfiguration,
  type FieldTable,
  type FieldValues,
} from '../../../../src-main/domain/engine/field-table.ts';
import { llamacppCommand } from '../../../../src-main/domain/engine/llamacpp/command.ts';
import { llamacppFields } from '../../../../src-main/domain/engine/llamacpp/fields.ts';
import { vllmCommand } from '../../../../src-main/domain/engine/vllm/command.ts';
import { vllmFields } from '../../../../src-main/domain/engine/vllm/fields.ts';
import type { Draft } from '../../../../src-main/domain/exchange/draft.ts';
import { readPastedCommand } from '../../../../src-main/domain/exchange/pasted-command.ts';
import { SAMPLE_MACHINE, sampleValue } from '../../../fixtures/sample-fields.ts';

function read(text: string): Draft {
  const parsed = readPastedCommand(text);
  if ('message' in parsed) throw new Error(parsed.message);
  return parsed;
}
const reasonFor = (parsed: Draft, text: string) => parsed.dropped.find((item) => item.text.startsWith(text))?.reason;
const quote = (word: string) => `'${word.replaceAll("'", String.raw`'\''`)}'`;

const launch: Launch = {
  runtime: 'process',
  modelPath: '/models/a.gguf',
  servedName: 'mine',
  task: 'generate',
  host: '127.0.0.1',
  port: 9999,
  key: 'engine-key',
  version: '99.0.0',
  machine: SAMPLE_MACHINE,
  knownFlags: null,
  hubToken: null,
  header: null,
  paths: {},
};

describe.each([
  ['llama-server', llamacppFields, llamacppCommand, 'llama-server'],
  ['vllm serve', vllmFields, vllmCommand, 'vllm serve'],
] as const)('what %s is started with is read back', (_name, table: FieldTable, command, program) => {
  const line = (fields: FieldValues) => {
    const { args, env } = command(fields, launch);
    const shown = Object.entries(env).map(([key, value]) => `${key}=${quote(value)}`);
    return { args, text: [...shown, program, ...args.map(quote)].join(' \\\n  ') };
  };
  const isValid = (fields: FieldValues) =>
    validateConfiguration({ ...table, rules: table.rules }, 'generate', fields).issues.length === 0;
  const fieldsOf = (draft: Record<string, unknown>) => {
    const names = new Set(table.rows.map((row) => row.name));
    return Object.fromEntries(Object.entries(draft).filter(([key]) => names.has(key))) as FieldValues;
  };
  // What the engine itself never sees cannot come back from its command line; `--embeddings` comes back as the task.
  const seen = table.rows.filter((row) => row.appliesTo === 'engine' && row.name !== 'enable_embeddings');

  it.each(seen.map((row) => [row.name, row] as const))('%s, each of its values', (name, row) => {
    for (let turn = 0; turn < 12; turn += 1) {
      const value = sampleValue(row, SAMPLE_MACHINE, turn);
      if (value === null || !isValid({ [name]: value })) continue;
      const { args, text } = line({ [name]: value });
      const without = line({});
      if (args.join('\0') === without.args.join('\0') && text === without.text) continue;
      const parsed = read(text);
      const again = line(fieldsOf(parsed.draft));
      expect([name, value, again.args]).toEqual([name, value, args]);
    }
  });

  it('random whole configurations: the command made of what was read is the same command', () => {
    let seed = 11;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor(seed / 65_536) % below;
    };
    let tried = 0;
    for (let round = 0; round < 400; round += 1) {
      const fields: FieldValues = Object.fromEntries(
        seen
          .filter(() => random(8) === 0)
          .map((row) => [row.name, sampleValue(row, SAMPLE_MACHINE, random(12))] as const)
          .filter(([, value]) => value !== null),
      );
      if (!isValid(fields)) continue;
      tried += 1;
      const first = line(fields);
      expect(line(fieldsOf(read(first.text).draft)).args).toEqual(first.args);
    }
    expect(tried).toBeGreaterThan(20);
  });
});

describe('llama-server', () => {
  it('every spelling, what the program sets itself, and flags the table does not have', () => {
    const parsed = read(
      `LLAMA_ARG_X=1 ./build/bin/llama-server -m /data/Qwen3-8B-Q4_K_M.gguf --ctx-size 32768 --n_gpu_layers all -fa on \\
        --no-mmap -nocb --host 0.0.0.0 --port 8080 --api-key sk-1 -ctk q8_0 --lora a.gguf --lora b.gguf --keep 64 --temp 0.6 stray`,
    );
    expect(parsed.source).toBe('llama-server');
    expect(parsed.draft).toMatchObject({
      name: 'Qwen3-8B-Q4_K_M',
      served_model_name: 'Qwen3-8B-Q4_K_M',
      engine_type: 'llamacpp',
      runtime: 'process',
      mode: 'offline',
      local_path: '/data/Qwen3-8B-Q4_K_M.gguf',
      context_size: 32_768,
      ngl: 999,
      flash_attention: true,
      load_mode: 'none',
      cont_batching: false,
      cache_type_k: 'q8_0',
    });
    expect(JSON.parse(String(parsed.draft['lora_adapters_json']))).toMatchObject([
      { path: 'a.gguf' },
      { path: 'b.gguf' },
    ]);
    expect(JSON.parse(String(parsed.draft['engine_startup_args_json']))).toContainEqual({
      flag: '--keep',
      type: 'int',
      value: 64,
    });
    expect(parsed.conversions).toContainEqual(expect.objectContaining({ field: 'no_mmap' }));
    expect(reasonFor(parsed, '--host')).toMatch(/set by the program/);
    expect(reasonFor(parsed, '--port 8080')).toMatch(/set by the program/);
    expect(reasonFor(parsed, '--api-key ***')).toMatch(/set by the program/);
    expect(reasonFor(parsed, 'stray')).toMatch(/not a flag/);
    expect(reasonFor(parsed, 'LLAMA_ARG_X=1')).toMatch(/not allowed/);
    expect(JSON.stringify(parsed)).not.toContain('sk-1');
  });

  it('a value the field cannot take is told, a flag said twice counts once', () => {
    const parsed = read('llama-server -m a.gguf -c many -np 2 -np 4 -ngl auto -fa');
    expect(parsed.draft).toMatchObject({ parallel_slots: 4 });
    expect(parsed.draft).not.toHaveProperty('context_size');
    expect(reasonFor(parsed, '-c many')).toMatch(/context_size must be a number/);
    expect(reasonFor(parsed, '-np 2')).toMatch(/more than once/);
    expect(reasonFor(parsed, '-fa')).toMatch(/lacks its value/);
  });

  it.each([
    ['--mlock --no-mmap', 'mlock', []],
    ['--no-mmap --mlock', 'mlock', []],
    ['--mlock --mlock', 'mmap+mlock', []],
    ['--load-mode dio --mlock', 'mmap+mlock', ['--load-mode dio']],
    ['--mlock --load-mode dio', 'dio', ['--mlock']],
  ])(
    '%s is the one load mode %s: of two older flags neither is lost, and what is lost is told',
    (flags, mode, lost) => {
      const parsed = read(`llama-server -m a.gguf ${flags}`);
      expect(parsed.draft).toMatchObject({ load_mode: mode });
      expect(parsed.dropped.map(({ text }) => text)).toEqual(lost);
      for (const { message } of parsed.conversions.filter(({ field }) => field === 'mlock' && mode !== 'dio')) {
        expect(message).toBe(`became "load_mode": "${mode}"`);
      }
    },
  );

  it('an embedding server is one', () => {
    expect(read('llama-server -m e.gguf --embeddings --pooling mean').draft).toMatchObject({
      task: 'embed',
      pooling: 'mean',
    });
  });
});

describe('vllm serve', () => {
  it('positional model, short and glued forms, beginnings of flags, lists, JSON, environment', () => {
    const parsed = read(
      `CUDA_VISIBLE_DEVICES=0,1 VLLM_LOGGING_LEVEL=DEBUG HF_TOKEN=hf_abc vllm serve Qwen/Qwen3-8B -tp2 --max-model-len=32k \\
       --gpu-mem 0.8 --enforce_eager --served-model-name q big --cudagraph-capture-sizes 1 2 4 --enable-prefix-caching \\
       --limit-mm-per-prompt '{"image": 2}' --speculative-config '{"method":"ngram","num_speculative_tokens":3,"x":1}' \\
       --unheard-of 7 --trust-remote-code --api-key k`,
    );
    expect(parsed.draft).toMatchObject({
      engine_type: 'vllm',
      mode: 'online',
      repo_id: 'Qwen/Qwen3-8B',
      served_model_name: 'q',
      hf_token: 'hf_abc',
      selected_gpus: ['0', '1'],
      tp_size: 2,
      gpu_memory_utilization: 0.8,
      enforce_eager: true,
      cuda_graph_sizes: ['1', '2', '4'],
      enable_prefix_caching: true,
      limit_mm_per_prompt: '{"image": 2}',
      spec_method: 'ngram',
      draft_n: 3,
      speculative_config: '{"x":1}',
      debug_logging: true,
      trust_remote_code: true,
      engine_startup_args_json: '[{"flag":"--unheard-of","type":"int","value":7}]',
    });
    expect(Number(parsed.draft['max_model_len'])).toBeGreaterThan(31_999);
    expect(reasonFor(parsed, '--served-model-name big')).toMatch(/one served name/);
    expect(reasonFor(parsed, '--api-key ***')).toMatch(/set by the program/);
    expect(parsed.draft).not.toHaveProperty('runtime');
    expect(parsed.conversions).toContainEqual({ field: 'hf_token', message: expect.stringMatching(/kept encrypted/) });
  });

  it('the module form, and a model that lies in a folder', () => {
    expect(
      read('python3 -m vllm.entrypoints.openai.api_server --model /data/Qwen3 --runner pooling').draft,
    ).toMatchObject({
      engine_type: 'vllm',
      mode: 'offline',
      local_path: '/data/Qwen3',
      served_model_name: 'Qwen3',
      task: 'embed',
    });
  });
});

describe('docker run', () => {
  it('the line of vLLM’s own documentation', () => {
    const parsed = read(`docker run --runtime nvidia --gpus all \\
      -v ~/.cache/huggingface:/root/.cache/huggingface \\
      --env "HUGGING_FACE_HUB_TOKEN=<secret>" \\
      -p 8000:8000 --ipc=host \\
      vllm/vllm-openai:v0.33.0 \\
      --model mistralai/Mistral-7B-v0.1`);
    expect(parsed.source).toBe('docker-run');
    expect(parsed.draft).toMatchObject({
      engine_type: 'vllm',
      runtime: 'container',
      engine_image: 'vllm/vllm-openai:v0.33.0',
      mode: 'online',
      repo_id: 'mistralai/Mistral-7B-v0.1',
      hf_token: '<secret>',
      ipc_mode: 'host',
    });
    expect(parsed.draft).not.toHaveProperty('device');
    expect(parsed.conversions.map(({ message }) => message)).toEqual([
      '--gpus all is what an empty list means: every GPU',
      'a Hugging Face token was taken; it is kept encrypted and not shown',
    ]);
    expect(reasonFor(parsed, '-v ~/.cache')).toMatch(/caches/);
    expect(reasonFor(parsed, '-p 8000:8000')).toMatch(/port/);
    expect(parsed.dropped.some(({ reason }) => reason.includes('variable'))).toBe(true);
  });

  it('a model behind a mount is the file of this machine; sizes, GPUs, restarts and names are taken over', () => {
    const parsed =
      read(`sudo docker run -itd --rm --name my-llama -p8080:8080 --gpus '"device=0,GPU-abc"' --shm-size 2g -m 16g \\
      --restart on-failure:3 --user 1000 --mount type=bind,source=/srv/loras,target=/loras,readonly \\
      --volume /srv/models:/models:ro -v /srv/models/inner:/models/inner -e FOO=bar -e EMPTY \\
      ghcr.io/ggml-org/llama.cpp:server-cuda -m /models/inner/a.gguf --lora /loras/x.gguf -c 4096 --host 0.0.0.0`);
    expect(parsed.draft).toMatchObject({
      name: 'my-llama',
      served_model_name: 'a',
      engine_type: 'llamacpp',
      engine_image: 'ghcr.io/ggml-org/llama.cpp:server-cuda',
      local_path: '/srv/models/inner/a.gguf',
      lora_adapters_json: '[{"path":"/srv/loras/x.gguf"}]',
      selected_gpus: ['0', 'GPU-abc'],
      shm_size_gb: 2,
      memory_limit_gb: 16,
      restart_policy: 'on_failure',
      restart_limit: 3,
      context_size: 4096,
      engine_startup_env_json: '[{"key":"FOO","value":"bar"}]',
    });
    for (const text of [
      '-itd',
      '--rm',
      '-p 8080:8080',
      '--user 1000',
      '-e',
      '-v /srv/models:/models',
      '--host 0.0.0.0',
    ]) {
      expect([text, reasonFor(parsed, text)]).toEqual([text, expect.any(String)]);
    }
  });

  it.each([
    ['docker run --gpus 2 vllm/vllm-openai --model a/b', { selected_gpus: ['0', '1'] }],
    [
      'docker run --device nvidia.com/gpu=0 --device=nvidia.com/gpu=1 vllm/vllm-openai --model a/b',
      { selected_gpus: ['0', '1'] },
    ],
    ['podman run --gpus=all vllm/vllm-openai serve a/b --seed 1', { repo_id: 'a/b', seed: 1 }],
    ['docker run vllm/vllm-openai --model a/b', { device: 'cpu' }],
    [
      'docker run --entrypoint python3 me/x -m vllm.entrypoints.openai.api_server --model a/b',
      { engine_type: 'vllm', repo_id: 'a/b' },
    ],
    ['docker run --entrypoint /start me/vllm --model a/b', { entrypoint_override: ['/start'] }],
    ['docker run me/own llama-server -m /a.gguf', { engine_type: 'llamacpp', local_path: '/a.gguf' }],
    ['docker run ghcr.io/x/llama.cpp:full --server -m /a.gguf -c 512', { context_size: 512 }],
    [
      `docker run vllm/vllm-openai@sha256:${'a'.repeat(64)} --model a/b`,
      { engine_image: 'vllm/vllm-openai', engine_digest: `sha256:${'a'.repeat(64)}` },
    ],
    ['docker run -v C:\\models:/models vllm/vllm-openai --model /models/x', {}],
    ["docker run -v 'C:\\models:/models' vllm/vllm-openai --model /models/x", { local_path: 'C:\\models/x' }],
    [
      'docker container run --restart=always vllm/vllm-openai --model a/b',
      { auto_start: true, restart_policy: 'on_failure' },
    ],
  ])('%s', (text, expected) => {
    expect(read(text).draft).toMatchObject(expected);
  });
});

describe('what is no such line', () => {
  it.each([
    ['', /none of/],
    ['hello world', /none of/],
    ['docker ps', /none of/],
    ['docker run', /no image/],
    ['docker run --gpus all', /no image/],
    ['docker run nginx', /do not tell which engine/],
    ['vllm bench x', /none of/],
    ['vllm serve $(cat model)', /\$\( \)/],
    ['llama-server -m a.gguf | tee log', /more than one command/],
  ])('%j: %s', (text, reason) => {
    const parsed = readPastedCommand(text);
    expect('message' in parsed && parsed.message).toMatch(reason);
  });

  it('random words never throw, and each of them is found in a field, in a conversion or among what was left out', () => {
    let seed = 3;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor(seed / 65_536) % below;
    };
    const vocabulary =
      '-c -m --x -e A=b --gpus 1 -1 = -- - --lora --mount x,y= -tp -O3 --speculative-config { --shm-size --mlock=1 -fa';
    const words = vocabulary.split(' ');
    for (let round = 0; round < 500; round += 1) {
      const tokens: string[] = [];
      const line = Array.from({ length: random(9) }, (_, index) => {
        if (random(3) > 0) return quote(words[random(words.length)] ?? '');
        tokens.push(`w${round}x${index}`);
        return `w${round}x${index}`;
      });
      for (const program of ['vllm serve', 'llama-server', 'docker run', 'docker run vllm/x']) {
        const parsed = readPastedCommand([program, ...line].join(' '));
        const found = JSON.stringify(parsed);
        if ('message' in parsed) continue;
        expect([line, tokens.filter((token) => !found.includes(token))]).toEqual([line, []]);
      }
    }
  });
});
