import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { renderDockerRun } from '../../../../../src-main/core/adapters/docker/run-line.ts';
import type { EngineFacts } from '../../../../../src-main/core/adapters/docker/judge-engine.ts';
import type { ContainerSpec } from '../../../../../src-main/core/ports/containers.ts';
import { Exchange } from '../../../../../src-main/core/services/exchange/exchange.ts';
import { configurationOf } from '../../../../../src-main/core/services/models/configuration.ts';
import { readValidCreate } from '../../../../../src-main/core/services/models/model-input.ts';
import type { ModelRecord } from '../../../../../src-main/core/store/models.ts';
import { llamacppFields } from '../../../../../src-main/domain/engine/llamacpp/fields.ts';
import { vllmFields } from '../../../../../src-main/domain/engine/vllm/fields.ts';
import { DOCKER_ABSENT, FakeDocker } from '../../../../fakes/containers.ts';
import { SAMPLE_MACHINE, sampleValue } from '../../../../fixtures/sample-fields.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

let bench: Workbench;
let exchange: Exchange;
const signal = AbortSignal.timeout(60_000);
beforeEach(() => {
  bench = new Workbench({ executable: '/opt/engine/llama-server' });
  exchange = new Exchange({ models: bench.table, sources: bench.sources });
});
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
});

const context = { seal: (text: string) => text, runtime: 'container' as const };
function stored(id: number): ModelRecord {
  const record = bench.table.get(id);
  if (!record) throw new Error('not stored');
  return record;
}

describe('the format of this program', () => {
  it.each([
    ['llamacpp', llamacppFields],
    ['vllm', vllmFields],
  ] as const)('%s: every field of the table, with every kind of text, is read back exactly', async (engine, table) => {
    const id = await bench.add(SELF_TEST_MODEL, { hf_token: 'hf_secret' });
    const texts = [
      'on',
      '1:30',
      '0x1f',
      'a: b - c',
      "it's",
      '{{ x }}',
      'two\nlines\n\n',
      '# no',
      ' x ',
      '~',
      '2024-01-01',
    ];
    for (const [round, text] of texts.entries()) {
      const fields = Object.fromEntries(
        table.rows.flatMap((row) => {
          const value = row.name === 'chat_template' ? text : sampleValue(row, SAMPLE_MACHINE, round);
          return value === null ? [] : [[row.name, value]];
        }),
      );
      bench.table.update(
        id,
        { ...stored(id), engineType: engine, fields, engineImage: 'o/i:1', engineDigest: null },
        1,
      );
      const { text: yaml, warnings, filename } = await exchange.export(id, 'cortex', signal);
      const { draft, dropped, conversions } = exchange.parse(yaml);
      const { name, servedModelName } = stored(id);
      expect(draft).toEqual({ name, served_model_name: servedModelName, ...configurationOf(stored(id)) });
      expect([dropped, conversions]).toEqual([[], []]);
      expect([yaml.includes('hf_secret'), warnings, filename]).toEqual([
        false,
        ['The Hugging Face token was left out.'],
        'model-1.cortex.yaml',
      ]);
    }
  });

  it('a model made of what was read has the same configuration', async () => {
    const id = await bench.add(SELF_TEST_MODEL, { ngl: 0, temperature: 0, custom_request_json: '{"seed": 1}' });
    const { draft } = exchange.parse((await exchange.export(id, 'cortex', signal)).text);
    const { settings } = readValidCreate({ ...draft, served_model_name: 'other' }, context);
    expect(configurationOf(settings)).toEqual(configurationOf(stored(id)));
  });

  it('a variable that looks like a secret stays here, and is named', async () => {
    const variables = JSON.stringify([
      { key: 'MY_PASSWORD', value: 'hunter2' },
      { key: 'FOO', value: '1' },
    ]);
    const id = await bench.add(SELF_TEST_MODEL, { engine_startup_env_json: variables });
    const { text, warnings } = await exchange.export(id, 'cortex', signal);
    expect(text).not.toContain('hunter2');
    expect(text).toContain('FOO');
    expect(warnings).toEqual([expect.stringContaining('MY_PASSWORD')]);
    for (const format of ['compose', 'kubernetes'] as const) {
      const exported = await exchange.export(id, format, signal);
      expect(exported.text).not.toContain('hunter2');
      expect(exported.text).toContain('MY_PASSWORD');
    }
  });
});

describe('formats of others, without Docker on this machine', () => {
  it('Compose and Kubernetes are valid YAML that holds the whole command line and no key', async () => {
    const id = await bench.add(SELF_TEST_MODEL, { context_size: 1234, hf_token: 'hf_secret', shm_size_gb: 2 });
    const compose = await exchange.export(id, 'compose', signal);
    const [service] = Object.values((parse(compose.text) as { services: Record<string, object> }).services);
    expect(service).toMatchObject({
      command: expect.arrayContaining(['-c', '1234']) as unknown,
      environment: { LLAMA_API_KEY: '${LLAMA_API_KEY:?}' },
      shm_size: '2147483648b',
    });
    expect(compose.warnings.join(' ')).toMatch(/runs as a process here/);
    const kubernetes = await exchange.export(id, 'kubernetes', signal);
    const kinds = parseAllDocuments(kubernetes.text).map((document) => (document.toJS() as { kind: string }).kind);
    expect(kinds).toEqual(['Deployment', 'Service']);
    expect(compose.text + kubernetes.text).not.toMatch(/hf_secret|&a1/);
    expect([compose.filename, kubernetes.filename]).toEqual(['model-1.compose.yaml', 'model-1.kubernetes.yaml']);
  });

  it('what is exported as docker run is read back, mounts included', async () => {
    const id = await bench.add(SELF_TEST_MODEL, { context_size: 1234, cache_type_k: 'q8_0', memory_limit_gb: 3 });
    const facts: EngineFacts = {
      kind: 'docker',
      api: '1.41',
      version: '20.10.24',
      rootless: false,
      selinux: false,
      liftsLimits: true,
      gpu: { status: 'none', method: null, detail: '', cure: null },
    };
    // The adapter's own line, which needs no engine to be written.
    const containers = Object.assign(new FakeDocker(DOCKER_ABSENT), {
      runLine: (spec: ContainerSpec, secretEnv: readonly string[]) => renderDockerRun(spec, facts, secretEnv),
    });
    const real = new Exchange({ models: bench.table, sources: { ...bench.sources, containers } });
    const { text } = await real.export(id, 'docker-run', signal);
    expect(text).toContain('--name cortex-model-1 ');
    expect(exchange.parse(text).draft).toMatchObject({
      engine_type: 'llamacpp',
      runtime: 'container',
      local_path: SELF_TEST_MODEL,
      context_size: 1234,
      cache_type_k: 'q8_0',
      memory_limit_gb: 3,
    });
  });

  it('a line for elsewhere lifts the limits that could not be lifted here', async () => {
    const asked: unknown[] = [];
    const containers = Object.assign(new FakeDocker(DOCKER_ABSENT), {
      runLine: (_spec: ContainerSpec, _secretEnv: readonly string[], where?: string) => String(asked.push(where)),
    });
    const real = new Exchange({ models: bench.table, sources: { ...bench.sources, containers } });
    const { warnings } = await real.export(await bench.add(SELF_TEST_MODEL), 'docker-run', signal);
    expect(asked).toEqual(['elsewhere']);
    expect(warnings.join('\n')).toMatch(/Take "--ulimit" out/);
  });

  it('a cluster is asked for a GPU by every engine that wants one, also from a machine without', async () => {
    const limits = async (fields: Record<string, unknown>) => {
      const id = await bench.add(SELF_TEST_MODEL, fields);
      const { text } = await exchange.export(id, 'kubernetes', signal);
      const asks = text.includes('nvidia.com/gpu: 1');
      expect(text.includes('check the number at nvidia.com/gpu')).toBe(asks);
      expect(text).not.toContain('limits: {}');
      return asks;
    };
    expect(await limits({})).toBe(true);
    expect(await limits({ ngl: 0 })).toBe(false);
    expect(await limits({ engine_image: 'ghcr.io/ggml-org/llama.cpp:server' })).toBe(false);
  });

  it('that no GPU was found here is told of a file that asks for none, where the engine would want one', async () => {
    const isTold = async (fields: Record<string, unknown>) => {
      const id = await bench.add(SELF_TEST_MODEL, fields);
      const formats = await Promise.all(
        (['docker-run', 'compose'] as const).map(async (format) => exchange.export(id, format, signal)),
      );
      return formats.map(({ warnings }) => warnings.some((warning) => warning.startsWith('No GPU is asked for')));
    };
    expect(await isTold({})).toEqual([true, true]);
    expect(await isTold({ ngl: 0 })).toEqual([false, false]);
  });

  it('what stands in the file is not told again beside it', async () => {
    const id = await bench.add(SELF_TEST_MODEL);
    for (const format of ['compose', 'kubernetes'] as const) {
      const { text, warnings } = await exchange.export(id, format, signal);
      expect(text).toMatch(/^# /);
      expect(warnings.at(-1)).toMatch(/runs as a process here/);
      expect(warnings.filter((warning) => text.includes(warning))).toEqual([]);
    }
  });

  it('the model’s own restart policy goes along, and what must be done first stands in the file', async () => {
    const restarts = async (fields: Record<string, unknown>) => {
      const id = await bench.add(SELF_TEST_MODEL, fields);
      const { text } = await exchange.export(id, 'compose', signal);
      const [service] = Object.values((parse(text) as { services: Record<string, { restart: string }> }).services);
      expect(text).toMatch(/^# Make the folder .*engine-cache\n# Set LLAMA_API_KEY in the environment/);
      return service?.restart;
    };
    expect([
      await restarts({}),
      await restarts({ restart_policy: 'never', auto_start: true }),
      await restarts({ restart_policy: 'on_failure' }),
      await restarts({ restart_policy: 'on_failure', restart_limit: 3 }),
      await restarts({ restart_policy: 'on_failure', restart_limit: 0 }),
      await restarts({ restart_policy: 'on_failure', auto_start: true }),
    ]).toEqual(['no', 'no', 'on-failure:5', 'on-failure:3', 'no', 'unless-stopped']);
  });

  it('an unknown model and missing files are refusals', async () => {
    await expect(exchange.export(99, 'cortex', signal)).rejects.toMatchObject({ code: 'not_found' });
    const id = await bench.add(SELF_TEST_MODEL);
    bench.table.update(id, { ...stored(id), localPath: '/no/such.gguf' }, 1);
    await expect(exchange.export(id, 'compose', signal)).rejects.toMatchObject({ code: 'path_not_found' });
    expect((await exchange.export(id, 'cortex', signal)).text).toContain('/no/such.gguf');
  });
});

describe('what is pasted', () => {
  const reason = (text: string) => {
    try {
      return JSON.stringify(exchange.parse(text));
    } catch (error) {
      return (error as Error).message;
    }
  };

  it.each([
    ['engine_type: llamacpp\nlocal_path: a.gguf\nno_mmap: true\n', /"load_mode":"none"/],
    ['{"model": {"engine_type": "vllm", "repo_id": "a/b", "tp_size": 2}}', /"tp_size":2/],
    ['# a comment\n$ sudo A=1 /usr/bin/docker run --gpus all vllm/vllm-openai --model a/b', /"docker-run"/],
    ['llama-server.exe -m C:\\\\a.gguf', /"llama-server"/],
  ])('%j is understood', (text, expected) => {
    expect(reason(text)).toMatch(expected);
  });

  it.each([
    ['hello', /^text: This is no docker run, vllm serve or llama-server line, and no YAML or JSON of a model\.$/],
    ['hello world', /This is no docker run/],
    ['rm -rf /', /This is no docker run/],
    ['hello: world', /holds no model/],
    ['a: [', /neither a "docker run"/],
    ['a: &a [x]\nb: [*a, *a', /neither/],
    ['vllm serve `id`', /backticks/],
    ['docker compose up', /none of/],
    [
      `a: &a [x,x]\n${Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [${'*a,'.repeat(20)}*a]`).join('\n')}`,
      /neither|holds no model/,
    ],
  ])('%j is refused in words', (text, expected) => {
    expect(reason(text)).toMatch(expected);
  });
});
