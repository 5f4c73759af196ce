import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DryRun, ModelTest } from '../../../../../src-main/contract/dry-run.ts';
import { testModel } from '../../../../../src-main/core/services/models/model-test.ts';
import { chooseRuntime } from '../../../../../src-main/core/services/models/default-runtime.ts';
import { DOCKER_ABSENT, DOCKER_READY, FakeDocker, fakeImages } from '../../../../fakes/containers.ts';
import { modelsDirectory, vllmModel } from '../../../../fixtures/vllm-model.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

const signal = () => AbortSignal.timeout(10_000);
let docker: FakeDocker;
let bench: Workbench;
beforeEach(() => {
  docker = new FakeDocker(DOCKER_READY);
  bench = new Workbench({
    executable: null,
    containers: docker,
    header: { trainedContext: 4096, namesPooling: false, kvElementsPerToken: { keys: 1024, values: 1024 } },
  });
});
afterEach(async () => {
  await bench[Symbol.asyncDispose]();
  await docker[Symbol.asyncDispose]();
});
const add = (more: object = {}) => bench.add(SELF_TEST_MODEL, { runtime: 'container', ...more });

describe('applying a configuration', () => {
  it('saves what needs no restart without one, and says what differed', async () => {
    const id = await add();
    await bench.supervisor.start(id);
    const answer = await bench.models.apply(id, { temperature: 0 });
    expect(answer).toMatchObject({
      status: 'applied',
      restarted: false,
      state: 'running',
      changes: [{ field: 'temperature', before: null, after: 0, needs_restart: false }],
    });
    expect(docker.specs).toHaveLength(1);
  });

  it('restarts for the rest, with everything that was saved meanwhile', async () => {
    const id = await add();
    await bench.supervisor.start(id);
    await bench.models.update(id, { context_size: 1024 });
    expect(bench.models.changes(id).map(({ field }) => field)).toEqual(['context_size']);
    const answer = await bench.models.apply(id, { parallel_slots: 2, temperature: 0.5 });
    expect(answer.changes.map(({ field }) => field)).toEqual(['context_size', 'parallel_slots', 'temperature']);
    expect(answer).toMatchObject({ restarted: true, state: 'running', error: null });
    expect(docker.specs.at(-1)?.args.join(' ')).toContain('-c 1024 -np 2');
    expect(bench.models.changes(id)).toEqual([]);
  });

  it('changes nothing when a part of it is wrong', async () => {
    const id = await add();
    await bench.supervisor.start(id);
    await expect(bench.models.apply(id, { parallel_slots: 0, temperature: 1 })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    expect(bench.models.get(id)).toMatchObject({ state: 'running', temperature: null });
    expect(docker.specs).toHaveLength(1);
  });

  it('starts nothing that does not run', async () => {
    const id = await add();
    expect(await bench.models.apply(id, { parallel_slots: 1 })).toMatchObject({ restarted: false, state: 'stopped' });
  });

  it('forgets the digest when another image is named, and keeps it when the model is sent back as it was shown', async () => {
    const digest = `sha256:${'3'.repeat(64)}`;
    const id = await add({ engine_image: 'a/b:1', engine_digest: digest });
    await bench.models.update(id, bench.models.get(id));
    expect(bench.models.get(id).engine_digest).toBe(digest);
    await bench.models.update(id, { ...bench.models.get(id), engine_image: 'a/b:2' });
    expect(bench.models.get(id)).toMatchObject({ engine_image: 'a/b:2', engine_digest: null });
  });

  it('never shows a token, and clears it with null', async () => {
    const id = await add({ hf_token: 'hf_abc' });
    expect(JSON.stringify(bench.models.get(id))).not.toContain('hf_abc');
    expect(bench.models.get(id).hf_token_set).toBe(true);
    await bench.models.update(id, { hf_token: null });
    expect(bench.models.get(id).hf_token_set).toBe(false);
  });
});

describe('an archived model', () => {
  it('is not started, gives up its served name, and comes back', async () => {
    const id = await add({ served_model_name: 'a' });
    await bench.supervisor.start(id);
    await expect(bench.models.archive(id, true)).rejects.toMatchObject({ code: 'model_busy' });
    await bench.supervisor.stop(id);
    await bench.models.archive(id, true);
    await expect(bench.supervisor.start(id)).rejects.toMatchObject({ code: 'model_archived' });
    const other = await add({ served_model_name: 'a' });
    await expect(bench.models.archive(id, false)).rejects.toMatchObject({ code: 'served_name_in_use' });
    await bench.models.remove(other);
    await bench.models.archive(id, false);
    expect((await bench.supervisor.start(id)).status).toBe('running');
  });
});

describe('a dry run', () => {
  it('shows the whole container without a secret, what it needs of memory, and starts nothing', async () => {
    const id = await add({ hf_token: 'hf_abc', context_size: 4096 });
    const run = DryRun.parse(await bench.models.dryRun(id, {}, signal()));
    expect(run).toMatchObject({
      valid: true,
      image: 'ghcr.io/ggml-org/llama.cpp:server-cuda',
      env: { LLAMA_API_KEY: '***' },
      docker_run: expect.stringContaining('ghcr.io/ggml-org/llama.cpp:server-cuda'),
    });
    // 4096 tokens of 1024 keys and values, two bytes each.
    expect(run.vram_estimate?.kv_cache_gb).toBe(0.02);
    expect(run.command.slice(0, 3)).toEqual(['/app/llama-server', '-m', '/models/cortex-self-test.gguf']);
    expect(JSON.stringify(run)).not.toContain('hf_abc');
    expect(docker.specs).toEqual([]);
  });

  it('lays a patch over the stored model without keeping it, each warning with its fix', async () => {
    const id = await add();
    const run = await bench.models.dryRun(id, { context_size: 8192 }, signal());
    expect(run.warnings).toMatchObject([
      { severity: 'warning', category: 'context', field: 'context_size', fix: { patch: { context_size: 4096 } } },
    ]);
    expect(bench.models.get(id)['context_size']).toBeNull();
    expect((await bench.models.dryRun(id, run.warnings[0]?.fix?.patch ?? {}, signal())).warnings).toEqual([]);
  });

  it('warns of an image of the other engine and of GPUs that are not there', async () => {
    await using own = new Workbench({ executable: null, containers: docker, images: fakeImages(null) });
    const more = { runtime: 'container', engine_image: 'vllm/vllm-openai:v0.33.0', selected_gpus: [3] };
    const { warnings } = await own.models.dryRun(await own.add(SELF_TEST_MODEL, more), {}, signal());
    const found = warnings.filter(({ severity }) => severity === 'warning');
    expect(found.map(({ title }) => title)).toEqual(['Another engine’s image', 'No such GPU']);
    expect(found.map(({ fix }) => fix?.patch)).toEqual([{ engine_image: null }, { selected_gpus: null }]);
  });

  it('sees in config.json what vLLM would refuse after a minute, each with its fix', async () => {
    using place = modelsDirectory();
    const draft = {
      name: 'x',
      served_model_name: 'x',
      engine_type: 'vllm',
      runtime: 'container',
      local_path: vllmModel(place.path),
      max_model_len: 200_000,
      tp_size: 3,
    };
    const { warnings } = await bench.models.dryRunDraft(draft, signal());
    const fixes = warnings.flatMap(({ fix }) => (fix?.patch ? [fix.patch] : []));
    expect(fixes).toEqual(expect.arrayContaining([{ max_model_len: 131_072 }, { tp_size: 2 }]));
    const fixed = await bench.models.dryRunDraft({ ...draft, max_model_len: 131_072, tp_size: 2 }, signal());
    expect(fixed.warnings.map(({ title }) => title)).not.toContain('Longer than the model');
    expect(warnings.find(({ field }) => field === 'tp_size')?.fix?.title).toMatch(/^Set “.+” to 2$/);
  });

  it('without Docker still shows the command, says what is missing, and is not valid', async () => {
    docker.become(DOCKER_ABSENT);
    const draft = { name: 'x', served_model_name: 'x', engine_type: 'vllm', local_path: SELF_TEST_MODEL };
    const run = await bench.models.dryRunDraft(draft, signal());
    expect(run.valid).toBe(false);
    expect(run.command.slice(0, 2)).toEqual(['vllm', 'serve']);
    expect(run.warnings.map(({ message }) => message).join(' ')).toMatch(/Docker is not installed. Install it./);
  });
});

describe('a test of a model', () => {
  it('needs a running one', async () => {
    const id = await add();
    await expect(bench.models.test(id, signal())).rejects.toMatchObject({ code: 'model_not_ready' });
  });

  it('asks for a chat, falls back to a completion without a template, and tells a failure as an answer', async () => {
    const asked: string[] = [];
    let reply: (path: string) => readonly [number, object] = () => [200, { choices: [] }];
    const server = createServer((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      const [status, body] = reply(request.url ?? '');
      response.writeHead(status).end(JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const target = { origin, authorization: 'Bearer k', servedName: 'm', task: 'generate' } as const;
    expect(ModelTest.parse(await testModel(target, 5000, signal()))).toMatchObject({
      success: true,
      test_type: 'chat',
      timestamp: 5,
    });
    reply = (path) =>
      path.includes('chat') ? [400, { error: { message: 'no chat template is set' } }] : [200, { choices: [] }];
    expect((await testModel(target, 0, signal())).success).toBe(true);
    expect(asked.at(-1)).toBe('/v1/completions Bearer k');
    reply = () => [500, { error: { message: 'x'.repeat(2000) } }];
    const failed = await testModel({ ...target, task: 'embed' }, 0, signal());
    expect(failed).toMatchObject({ success: false, test_type: 'embedding' });
    expect(failed.error).toHaveLength(500);
    await new Promise((done) => server.close(done));
    expect((await testModel(target, 0, signal())).error).toMatch(/could not be asked/);
  });
});

describe('the runtime of a model that names none', () => {
  it('is a container where it names an image, as every configuration of Cortex does', async () => {
    const own = new Workbench({ executable: '/opt/engine/llama-server' });
    const { id } = await own.models.create({
      name: 'old',
      served_model_name: 'old',
      engine_type: 'llamacpp',
      engine_image: 'ghcr.io/ggml-org/llama.cpp:server-cuda',
      local_path: SELF_TEST_MODEL,
    });
    expect(own.models.get(id).runtime).toBe('container');
    await own[Symbol.asyncDispose]();
  });

  const facts = { engine: 'llamacpp', dockerReady: true, imagePresent: true, programPresent: true } as const;
  it.each([
    [{}, 'container'],
    [{ imagePresent: false }, 'process'],
    [{ dockerReady: false }, 'process'],
    [{ engine: 'vllm', imagePresent: false, programPresent: false }, 'container'],
    [{ engine: 'vllm', dockerReady: false, programPresent: true }, 'process'],
  ] as const)('with %o is a %s', (change, runtime) => {
    expect(chooseRuntime({ ...facts, ...change })).toBe(runtime);
  });
});
