import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import type { EngineInstance } from '../../../../../src-main/core/ports/runtimes.ts';
import { startDockerProxy } from '../../../../fakes/docker-proxy.ts';
import { dockerBench, ENGINE_KEY } from '../../../../fixtures/docker/engine-containers.ts';
import { VLLM_IMAGE } from '../../../../tools/docker-test-images.ts';

const host = inject('dockerHost');
const soon = () => AbortSignal.timeout(30_000);

async function healthy({ port }: EngineInstance): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(50)) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2000) }).catch(
      () => null,
    );
    if (answer?.status === 200) return;
  }
  throw new Error('the engine did not become healthy');
}

async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  const late = sleep(ms, null, { ref: false }).then(() => {
    throw new Error(`nothing happened within ${ms} ms`);
  });
  return Promise.race([work, late]);
}

function reaches(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: address, port, timeout: 2000 });
  const end = (isOpen: boolean) => {
    socket.destroy();
    resolve(isOpen);
  };
  socket.once('connect', () => end(true));
  socket.once('timeout', () => end(false));
  socket.once('error', () => end(false));
  return promise;
}

describe.skipIf(host === '')('containers on a real Docker Engine', () => {
  it('runs the real llama-server, tells its lines without its key, and leaves nothing after a stop', async () => {
    await using bench = dockerBench(host);
    const lines: string[] = [];
    const instance = await bench.containers.run(bench.follow(bench.spec('life'), lines), soon());
    await healthy(instance);
    const models = await fetch(`http://127.0.0.1:${instance.port}/v1/models`, {
      headers: { authorization: `Bearer ${ENGINE_KEY}` },
    });
    expect(models.status).toBe(200);
    expect(instance.residentBytes()).toBeGreaterThan(1_000_000);
    expect(await instance.stop(5000)).toEqual({
      exitCode: 0,
      signal: null,
      spawnError: null,
      outOfMemory: false,
      removed: false,
      runtimeLost: false,
    });
    expect(await bench.left()).toEqual([]);
    const file = readFileSync(`${bench.folder}/${bench.owner}-life.log`, 'utf8');
    expect(file.startsWith(`--- ${bench.owner}-life\n`)).toBe(true);
    expect(lines.length).toBeGreaterThan(5);
    expect(file).toContain(lines.at(-1));
    expect(file).not.toContain(ENGINE_KEY);
  });

  it('really drops every capability and privilege, and confines the file system', async () => {
    await using bench = dockerBench(host);
    const instance = await bench.containers.run(bench.follow(bench.spec('hard')), soon());
    await healthy(instance);
    const facts = await bench.docker.getContainer(instance.container?.id ?? '').inspect();
    const children = readFileSync(`/proc/${facts.State.Pid}/task/${facts.State.Pid}/children`, 'utf8').trim();
    for (const pid of [facts.State.Pid, Number(children)]) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      expect(status).toMatch(/CapEff:\s+0+\n/);
      expect(status).toMatch(/CapBnd:\s+0+\n/);
      expect(status).toMatch(/NoNewPrivs:\s+1\n/);
      expect(status).toMatch(/Uid:\s+65534\s+65534/);
      const mounts = readFileSync(`/proc/${pid}/mounts`, 'utf8');
      expect(mounts).toMatch(/ \/ overlay ro,/);
      expect(mounts).toMatch(/ \/models \S+ ro,/);
    }
    expect(facts.HostConfig).toMatchObject({
      PidsLimit: 256,
      Memory: 512 * 1024 * 1024,
      Init: true,
      AutoRemove: false,
    });
    expect(facts.HostConfig.LogConfig).toMatchObject({ Config: { 'max-size': '20m', 'max-file': '3' } });
    await instance.stop(1000);
  });

  it('is reachable from this machine alone, and says its key nowhere but in its environment', async () => {
    await using bench = dockerBench(host);
    const instance = await bench.containers.run(bench.follow(bench.spec('port')), soon());
    await healthy(instance);
    const facts = await bench.docker.getContainer(instance.container?.id ?? '').inspect();
    expect(Object.values(facts.NetworkSettings.Ports).flat()).toEqual([
      { HostIp: '127.0.0.1', HostPort: String(instance.port) },
    ]);
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
      .map(({ address }) => address);
    for (const address of others) expect(await reaches(address, instance.port)).toBe(false);
    const { Env, ...rest } = facts.Config;
    expect(Env).toContain(`LLAMA_API_KEY=${ENGINE_KEY}`);
    expect(JSON.stringify([facts.Args, rest, facts.HostConfig])).not.toContain(ENGINE_KEY);
    expect(Env.filter((entry) => !/^(LLAMA_API_KEY|PATH)=/.test(entry))).toEqual([]);
    await instance.stop(1000);
  });

  it.each([
    ['killed', 'SIGKILL', false],
    ['removed by force', 'SIGKILL', true],
  ] as const)('notices within two seconds that one was %s', async (_, signal, removed) => {
    await using bench = dockerBench(host);
    const instance = await bench.containers.run(bench.follow(bench.spec('gone')), soon());
    await healthy(instance);
    const container = bench.docker.getContainer(instance.container?.id ?? '');
    await (removed ? container.remove({ force: true }) : container.kill());
    expect(await within(instance.ended, 2000)).toMatchObject({ exitCode: null, signal, removed, spawnError: null });
    expect(await bench.left()).toEqual([]);
  });

  it.each([
    ['the events', /\/events/],
    ['the events and the wait', /\/(events|wait)/],
  ])('notices a death within two seconds although %s break off each time', async (_, breaks) => {
    await using direct = dockerBench(host);
    await using proxy = await startDockerProxy(host, join(direct.folder, 'proxy.sock'), breaks);
    await using bench = dockerBench(proxy.host);
    for (const removed of [false, true]) {
      const spec = direct.spec(`broken-${removed}`);
      const instance = await bench.containers.run(bench.follow(spec), soon());
      await healthy(instance);
      const container = direct.docker.getContainer(instance.container?.id ?? '');
      await (removed ? container.remove({ force: true }) : container.kill());
      expect(await within(instance.ended, 2000)).toMatchObject({ removed, spawnError: null });
    }
    expect(proxy.broken()).toBeGreaterThan(0);
  });

  it('tells how an engine ended that refused its configuration, with its last line', async () => {
    await using bench = dockerBench(host);
    const lines: string[] = [];
    const spec = bench.spec('flag', { args: ['--no-such-flag'] });
    const instance = await bench.containers.run(bench.follow(spec, lines), soon());
    expect(await within(instance.ended, 10_000)).toMatchObject({ exitCode: 1, signal: null, spawnError: null });
    expect(lines.join('\n')).toContain('invalid argument: --no-such-flag');
    expect(await bench.left()).toEqual([]);
  });

  it('shows a progress bar while it grows, and its last state once', async () => {
    await using bench = dockerBench(host);
    const script = `const say = (text, ms) => setTimeout(() => process.stderr.write(text), ms);
      say('begin\\n', 300); say('\\rLoading:   0%', 500); say('\\rLoading:  50%', 800); say('\\rLoading: 100%\\n', 1200); say('end\\nend\\n', 1300)`;
    const spec = bench.spec('bar', { image: VLLM_IMAGE, entrypoint: ['node', '-e', script], args: [] });
    const lines: string[] = [];
    const instance = await bench.containers.run(bench.follow(spec, lines), soon());
    expect(await within(instance.ended, 10_000)).toMatchObject({ exitCode: 0 });
    expect(lines).toEqual(['begin', 'Loading:   0%', 'Loading:  50%', 'Loading: 100%', 'end', 'end']);
  });

  it('says that memory was the reason when the kernel ended it', async () => {
    await using bench = dockerBench(host);
    // The self-test model with a huge context: its KV cache is more than the limit.
    const args = ['-m', '/models/cortex-self-test.gguf', '--host', '0.0.0.0', '-t', '1', '-c', '4194304'];
    const spec = bench.spec('oom', { args, memoryBytes: 12 * 1024 * 1024 });
    const instance = await bench.containers.run(bench.follow(spec), soon());
    expect(await within(instance.ended, 20_000)).toMatchObject({ outOfMemory: true, removed: false });
  });

  it.each([
    [
      'a model folder that is gone',
      { mounts: [{ source: '/nowhere/at/all', target: '/models', readOnly: true }] },
      /\/nowhere\/at\/all/,
    ],
    ['an image that is gone', { image: 'cortex-test/none:v0' }, /No such image/],
    ['GPUs nobody can give', { gpus: { kind: 'all' } as const }, /could not select device driver/],
    ['a program that is not in it', { entrypoint: ['/no/such/program'] }, null],
  ])('ends at once with Docker’s sentence for %s, and nothing is left', async (_, changes, sentence) => {
    await using bench = dockerBench(host);
    const instance = await bench.containers.run(bench.follow(bench.spec('bad', changes)), soon());
    const end = await within(instance.ended, 10_000);
    if (sentence === null) expect(end).toMatchObject({ exitCode: 127, spawnError: null });
    else expect(end).toMatchObject({ exitCode: null, spawnError: expect.stringMatching(sentence) });
    expect(await instance.stop(100)).toEqual(end);
    expect(await bench.left()).toEqual([]);
  });

  it('replaces a stale container of ours with the same name, and never somebody else’s', async () => {
    await using bench = dockerBench(host);
    const spec = bench.spec('name');
    const first = await bench.containers.run(bench.follow(spec), soon());
    const second = await bench.containers.run(bench.follow(spec), soon());
    expect((await within(first.ended, 5000)).removed).toBe(true);
    await healthy(second);
    await second.stop(1000);
    const foreign = await bench.docker.createContainer({ name: spec.name, Image: spec.image });
    const third = await bench.containers.run(bench.follow(spec), soon());
    expect((await third.ended).spawnError).toContain('is already in use');
    await foreign.remove({ force: true });
  });

  it('is found by another program instance and taken up with its whole log', async () => {
    await using bench = dockerBench(host);
    const instance = await bench.containers.run(bench.follow(bench.spec('adopt')), soon());
    await healthy(instance);
    await using other = dockerBench(host);
    const [found] = await other.containers.list(bench.owner, soon());
    expect(found).toMatchObject({
      id: instance.container?.id,
      state: 'running',
      port: instance.port,
      env: { LLAMA_API_KEY: ENGINE_KEY },
      labels: { 'io.cortex-desktop.config-hash': 'hash' },
    });
    const lines: string[] = [];
    const adopted = await other.containers.adopt(found!, other.follow(bench.spec('adopt'), lines));
    for (const until = Date.now() + 5000; !lines.some((line) => line.includes('loading model')); await sleep(20)) {
      if (Date.now() > until) throw new Error(`the log was not read: ${lines.join('\n')}`);
    }
    expect(adopted.pid).toBe(instance.pid);
    expect(await adopted.stop(3000)).toMatchObject({ exitCode: 0, removed: false });
    expect((await within(instance.ended, 2000)).spawnError).toBe(null);
    expect(await bench.left()).toEqual([]);
  });

  it('lets a container run on when the program leaves', async () => {
    await using bench = dockerBench(host);
    {
      await using leaving = dockerBench(host);
      const instance = await leaving.containers.run(leaving.follow(bench.spec('stay')), soon());
      await healthy(instance);
      await leaving.containers[Symbol.asyncDispose]();
    }
    const [left] = await bench.containers.list(bench.owner, soon());
    expect(left?.state).toBe('running');
    await Promise.all([
      bench.containers.remove(left!.id, 2000, soon()),
      bench.containers.remove(left!.id, 2000, soon()),
    ]);
    expect(await bench.left()).toEqual([]);
  });

  it('starts and stops eight at once without a race, two stops each', async () => {
    await using bench = dockerBench(host);
    const started = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => bench.containers.run(bench.follow(bench.spec(`eight-${at}`)), soon())),
    );
    await Promise.all(started.map(healthy));
    expect(new Set(started.map(({ port }) => port)).size).toBe(8);
    const ends = await Promise.all(started.flatMap((instance) => [instance.stop(5000), instance.stop(5000)]));
    expect(ends.filter(({ exitCode, removed }) => exitCode !== 0 || removed)).toEqual([]);
    expect(await bench.left()).toEqual([]);
  });

  it('lets a second stop with less patience end an engine that does not go', async () => {
    await using bench = dockerBench(host);
    // Stopped by the kernel it answers no signal but the last.
    const instance = await bench.containers.run(bench.follow(bench.spec('stuck')), soon());
    await healthy(instance);
    await bench.docker.getContainer(instance.container?.id ?? '').pause();
    const patient = instance.stop(20_000);
    await sleep(100);
    expect(await within(instance.stop(200), 8000)).toMatchObject({ removed: false });
    expect(await patient).toMatchObject({ removed: false });
    expect(await bench.left()).toEqual([]);
  });

  it('leaves nothing of a start that was given up', async () => {
    await using bench = dockerBench(host);
    for (const afterMs of [0, 20, 150]) {
      const leaving = new AbortController();
      const run = bench.containers.run(bench.follow(bench.spec(`up-${afterMs}`)), leaving.signal);
      setTimeout(() => leaving.abort(new Error('given up')), afterMs);
      const instance = await run.catch((error: unknown) => error);
      if (instance instanceof Error) expect(instance.message).toBe('given up');
      else await (instance as EngineInstance).stop(500);
    }
    for (const until = Date.now() + 10_000; (await bench.left()).length > 0; await sleep(50)) {
      if (Date.now() > until) throw new Error('something was left');
    }
  });
});
