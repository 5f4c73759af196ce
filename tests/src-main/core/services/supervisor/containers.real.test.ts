import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { SELF_TEST_SENTENCE } from '../../../../../resources/self-test-model/build.ts';
import type { ModelState } from '../../../../../src-main/contract/models.ts';
import { BROKEN_MODELS, brokenModel } from '../../../../fixtures/broken-models.ts';
import { randomModelPath } from '../../../../fixtures/gguf/random-model.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

const host = inject('dockerHost');
const LLAMA = 'cortex-test/llama-server:v0.5.0';
const HOST_PROGRAM = fileURLToPath(new URL('../../../../fixtures/supervisor-host.ts', import.meta.url));
const NOTICED_MS = 2000;
const executable = () => join(inject('engineDir'), 'llama-server');
const chat = (content: string) => ({ messages: [{ role: 'user', content }] });
const signal = () => AbortSignal.timeout(20_000);

const until = async (condition: () => boolean, withinMs = 30_000) => {
  const limit = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > limit) throw new Error('not within its time');
    await sleep(10);
  }
};

describe.skipIf(host === '')('a model in a real container', () => {
  const ownerId = randomUUID();
  const docker = new Docker({ socketPath: host.replace('unix://', '') });
  const files = mkdtempSync(join(tmpdir(), 'cortex-bad-'));
  let bench: Workbench;
  const add = (more: object = {}, path = SELF_TEST_MODEL) =>
    bench.add(path, { runtime: 'container', engine_image: LLAMA, ...more });
  const ours = async () =>
    docker.listContainers({ all: true, filters: { label: [`io.cortex-desktop.owner=${ownerId}`] } });
  beforeAll(() => {
    bench = new Workbench({ executable: executable(), dockerHost: host, ownerId });
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    rmSync(files, { recursive: true, force: true });
    expect(await ours()).toEqual([]);
  });

  it('starts, says its sentence through the published port, and stops without leaving a container', async () => {
    const id = await add();
    expect(await bench.supervisor.start(id)).toMatchObject({ status: 'running', error: null, diagnosis: null });
    const reply = await bench.call(id, '/v1/chat/completions', chat('Hello! The whole chain'));
    const { choices } = (await reply.json()) as { choices: [{ message: { content: string } }] };
    expect(choices[0].message.content).toBe(SELF_TEST_SENTENCE);
    expect(bench.models.get(id)).toMatchObject({
      state: 'running',
      container_name: expect.stringMatching(/^cortex-/),
      engine: { image: LLAMA, version: 'v0.5.0', backend: 'cpu', slots: 4, context_length: 4096 },
    });
    expect(bench.supervisor.readiness(id)).toEqual({ status: 'ready', detail: 'Ready, 4 slots' });
    expect(await bench.models.test(id, signal())).toMatchObject({ success: true, test_type: 'chat' });
    await bench.supervisor.stop(id);
    expect(await ours()).toEqual([]);
    expect(bench.launches.all()).toEqual([]);
  });

  it('is closed to whoever lacks its key, which stands in no argument, label or log line', async () => {
    const id = await add();
    await bench.supervisor.start(id);
    const [engine] = bench.supervisor.engineProcesses();
    const key = engine?.authorization.replace('Bearer ', '') ?? '';
    expect((await fetch(`${engine?.origin}/v1/models`)).status).toBe(401);
    const [container] = await ours();
    const facts = await docker.getContainer(container?.Id ?? '').inspect();
    expect(JSON.stringify([facts.Args, facts.Path, facts.Config.Cmd, facts.Config.Labels])).not.toContain(key);
    expect(facts.Config.Env.filter((line) => line.includes(key))).toHaveLength(1);
    expect(await bench.supervisor.logs(id)).not.toContain(key);
    // Nothing of our own environment is in there.
    expect(facts.Config.Env.join(' ')).not.toContain(
      process.env['HOME'] === '/' ? 'npm_' : `HOME=${process.env['HOME']}`,
    );
    await bench.supervisor.stop(id);
  });

  it('beside plain processes: eight start and stop at once without a race', async () => {
    const ids: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      const runtime = n % 2 === 0 ? { runtime: 'process', engine_image: null } : {};
      ids.push(await add({ served_model_name: `eight-${n}`, parallel_slots: 1, ...runtime }));
    }
    const answers = await Promise.all(ids.map((id) => bench.supervisor.start(id)));
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 'running'));
    expect(new Set(answers.map(({ port }) => port)).size).toBe(8);
    expect(await ours()).toHaveLength(4);
    await Promise.all(ids.map((id) => bench.supervisor.stop(id)));
    expect(await ours()).toEqual([]);
    expect(bench.launches.all()).toEqual([]);
    // Starts and stops that cross each other end at rest.
    await Promise.allSettled(ids.flatMap((id) => [bench.supervisor.start(id), bench.supervisor.stop(id)]));
    await Promise.all(ids.map((id) => bench.supervisor.stop(id)));
    expect(ids.map((id) => bench.models.get(id).state)).toEqual(ids.map(() => 'stopped'));
    expect(await ours()).toEqual([]);
  });

  it.each([
    ['docker kill', async (container: Docker.Container) => container.kill(), /^(killed|terminated|out_of_memory)/],
    ['docker rm -f', async (container: Docker.Container) => container.remove({ force: true }), /^container_removed$/],
  ])('that fell to %s is noticed within two seconds, explained, and starts again', async (_, harm, code) => {
    const id = await add();
    await bench.supervisor.start(id);
    await harm(docker.getContainer(bench.supervisor.life(id).launch?.container?.id ?? ''));
    await until(() => bench.models.get(id).state === 'failed', NOTICED_MS);
    expect(bench.models.get(id).diagnosis?.code).toMatch(code);
    expect(await ours()).toEqual([]);
    expect((await bench.supervisor.start(id)).status).toBe('running');
    await bench.supervisor.stop(id);
  });

  it('that dies is started again where its policy says so', async () => {
    const id = await add({ restart_policy: 'on_failure' });
    await bench.supervisor.start(id);
    // The container's first process only passes signals on; the engine is its child.
    const init = bench.models.get(id).engine?.pid ?? 0;
    process.kill(Number(readFileSync(`/proc/${init}/task/${init}/children`, 'utf8').trim()), 'SIGSEGV');
    await until(() => bench.models.get(id).engine?.restarts === 1 && bench.models.get(id).state === 'running');
    await bench.supervisor.stop(id);
    expect(await ours()).toEqual([]);
  });

  it.each(BROKEN_MODELS)('of the file %s fails as %s, and nothing of it is left', async (name, code, change) => {
    const id = await add({}, brokenModel(files, name, change));
    const answer = await bench.supervisor.start(id);
    expect(answer).toMatchObject({ status: 'failed', diagnosis: { code } });
    expect(answer.diagnosis?.evidence.length).toBeGreaterThan(0);
    expect(await ours()).toEqual([]);
  });

  it('whose draft model cannot be loaded says so, and its fix works', async () => {
    const draft = brokenModel(files, 'draft.gguf', () => Buffer.from('no model'));
    const id = await add({ draft_model_path: draft, draft_n: 4 });
    const { diagnosis } = await bench.supervisor.start(id);
    expect(diagnosis?.code).toBe('draft_model_failed');
    await bench.models.update(id, diagnosis?.fixes[0]?.patch ?? {});
    expect((await bench.supervisor.start(id)).status).toBe('running');
    await bench.supervisor.stop(id);
  });

  it('whose image does not exist is refused in a sentence', async () => {
    const id = await add({ engine_image: '127.0.0.1:1/no/such:image' });
    await expect(bench.supervisor.start(id)).rejects.toThrow(/127\.0\.0\.1:1\/no\/such:image/);
    expect(bench.models.get(id).state).toBe('stopped');
  });

  it('that takes more memory than it may is explained as such, with what would need less', async () => {
    const id = await add(
      { memory_limit_gb: 0.25, load_mode: 'none', context_size: 1_000_000, cache_ram_mb: 0 },
      randomModelPath(),
    );
    const { status, diagnosis } = await bench.supervisor.start(id);
    expect(status).toBe('failed');
    expect(diagnosis?.summary).toMatch(/memory/i);
    expect(await ours()).toEqual([]);
  });
});

describe.skipIf(host === '')('a control center that is killed', () => {
  /** Starts a model in another program, kills that program once the model has the state, and answers with its container. */
  async function killIn(state: ModelState, dataDir: string, ownerId: string): Promise<string> {
    const child = spawn(process.execPath, [HOST_PROGRAM, executable(), dataDir, state, host, LLAMA, ownerId], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const { value } = (await lines[Symbol.asyncIterator]().next()) as { value: string };
    child.kill('SIGKILL');
    await new Promise((done) => child.once('exit', done));
    return value;
  }

  it.each([
    ['starting', 'running or stopped'],
    ['loading', 'running'],
    ['running', 'running'],
    ['stopping', 'stopped'],
  ] as const)('while a model is %s: the next one finds the truth (%s) and loses nothing', async (state, after) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'cortex-test-'));
    const ownerId = randomUUID();
    const name = await killIn(state, dataDir, ownerId);
    const docker = new Docker({ socketPath: host.replace('unix://', '') });
    const ours = async () =>
      docker.listContainers({ all: true, filters: { label: [`io.cortex-desktop.owner=${ownerId}`] } });
    const bench = new Workbench({ executable: executable(), dataDir, dockerHost: host, ownerId });
    await bench.supervisor.recover(signal());
    const [model] = bench.models.list();
    const id = model?.id ?? 0;
    if (state === 'loading' || state === 'running') {
      await until(() => bench.models.get(id).state === 'running');
      expect(bench.models.get(id).container_name).toBe(name);
      // Its key was read back from the container: it answers.
      expect((await bench.call(id, '/v1/models', null)).status).toBe(200);
    } else {
      await until(() => ['running', 'stopped'].includes(bench.models.get(id).state));
    }
    expect(after.split(' or ')).toContain(bench.models.get(id).state);
    expect(await bench.supervisor.orphans(signal())).toEqual([]);
    expect(await ours()).toHaveLength(bench.models.get(id).state === 'running' ? 1 : 0);
    await bench.supervisor.stop(id);
    expect(await ours()).toEqual([]);
    expect(bench.launches.all()).toEqual([]);
    await bench[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  });
});
