import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, inject, it } from 'vitest';
import type { PullProgress } from '../../../../../src-main/core/ports/images.ts';
import { startRegistry, type RegistryServer } from '../../../../fakes/registry-server.ts';
import { dockerBench } from '../../../../fixtures/docker/engine-containers.ts';
import { dockerAt, LLAMA_SERVER_IMAGE } from '../../../../tools/docker-test-images.ts';

const host = inject('dockerHost');
const soon = () => AbortSignal.timeout(100_000);
const MIB = 1024 * 1024;
const pulled: string[] = [];

function reference({ prefix }: RegistryServer, name: string): string {
  pulled.push(`${prefix}${name}`);
  return `${prefix}${name}`;
}

afterAll(async () => {
  if (host === '') return;
  for (const name of pulled) {
    await dockerAt(host)
      .getImage(name)
      .remove({ force: true })
      .catch(() => undefined);
  }
});

describe.skipIf(host === '')('images of a real Docker Engine, from a registry with faults', () => {
  it('downloads with true bytes that never run backwards, and ends with the whole', async () => {
    await using registry = await startRegistry({ layers: 3, layerSize: 4 * MIB, pauseMs: 4 });
    await using bench = dockerBench(host);
    const seen: PullProgress[] = [];
    const name = reference(registry, 'engine:v1');
    const image = await bench.images.pull(name, (progress) => seen.push(progress), soon());
    expect(image).toMatchObject({ tags: [name], labels: { 'org.opencontainers.image.version': 'v9.9.9' } });
    expect(image.repoDigests[0]).toMatch(/^127\.0\.0\.1:\d+\/engine@sha256:[0-9a-f]{64}$/);
    const bytes = seen.map((progress) => progress.bytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    expect(new Set(bytes).size).toBeGreaterThan(3);
    expect(seen.at(-1)).toMatchObject({ isTotalKnown: true, layers: { done: 3, total: 3 } });
    expect(seen.at(-1)?.bytes).toBe(registry.layerBytes);
    expect(seen.at(-1)?.totalBytes).toBe(registry.layerBytes);
    expect(new Set(seen.map(({ step }) => step))).toEqual(new Set(['Downloading', 'Extracting']));
  });

  it('really ends the transfer when the download is cancelled', async () => {
    await using registry = await startRegistry({ layers: 2, layerSize: 16 * MIB, pauseMs: 20 });
    await using bench = dockerBench(host);
    const leaving = new AbortController();
    const name = reference(registry, 'engine:v2');
    const pull = bench.images.pull(
      name,
      ({ bytes }) => {
        if (bytes > MIB) leaving.abort(new Error('cancelled by a person'));
      },
      leaving.signal,
    );
    await expect(pull).rejects.toThrow('cancelled by a person');
    for (const until = Date.now() + 5000; registry.abandoned() < 2; await sleep(20)) {
      if (Date.now() > until) throw new Error('the engine goes on downloading');
    }
    expect(registry.sentBytes()).toBeLessThan(registry.layerBytes);
    expect(await bench.images.inspect(name, soon())).toBe(null);
  });

  it.each([
    ['missing', 'image_not_found', /manifest/],
    ['private', 'image_pull_failed', /docker login 127\.0\.0\.1/],
    ['corrupt', 'image_pull_failed', /verification failed|corrupt|digest/i],
    ['broken', 'image_pull_failed', /on fire|500/],
  ])('tells a %s image as what it is', async (fault, code, reason) => {
    await using registry = await startRegistry({ layers: 1, layerSize: MIB, pauseMs: 0 });
    await using bench = dockerBench(host);
    const name = reference(registry, `engine-${fault}:v1`);
    await expect(bench.images.pull(name, () => undefined, soon())).rejects.toMatchObject({
      code,
      message: expect.stringMatching(reason),
    });
    expect(await bench.images.inspect(name, soon())).toBe(null);
  });

  it(
    'takes an error inside the stream that began well for an error',
    async () => {
      await using registry = await startRegistry({ layers: 1, layerSize: 2 * MIB, pauseMs: 0 });
      await using bench = dockerBench(host);
      const name = reference(registry, 'engine-cut:v1');
      const seen: PullProgress[] = [];
      await expect(bench.images.pull(name, (progress) => seen.push(progress), soon())).rejects.toMatchObject({
        code: 'image_pull_failed',
      });
      expect(seen.length).toBeGreaterThan(0);
      expect(await bench.images.inspect(name, soon())).toBe(null);
    },
    // An engine that is not the tests' own tries five times.
    100_000,
  );

  it('says that a registry cannot be reached', async () => {
    await using bench = dockerBench(host);
    await expect(bench.images.pull('127.0.0.1:1/engine:v1', () => undefined, soon())).rejects.toMatchObject({
      code: 'image_pull_failed',
      message: expect.stringContaining('127.0.0.1:1 cannot be reached'),
    });
  });

  it('takes no name at all for no image, here and there', async () => {
    await using bench = dockerBench(host);
    for (const text of ['Not A Name', '../containers/x', 'a?b=c', 'a/../../b', '']) {
      await expect(bench.images.pull(text, () => undefined, soon())).rejects.toMatchObject({ code: 'image_not_found' });
      expect(await bench.images.inspect(text, soon())).toBe(null);
    }
    await expect(bench.images.remove('cortex-test/none:v0', soon())).rejects.toMatchObject({ code: 'not_found' });
  });

  it('refuses to remove an image that a container uses, and names it', async () => {
    await using bench = dockerBench(host);
    const instance = await bench.containers.run(bench.follow(bench.spec('user')), soon());
    expect(instance.container).not.toBe(null);
    await expect(bench.images.remove(LLAMA_SERVER_IMAGE, soon())).rejects.toMatchObject({
      code: 'image_in_use',
      data: { users: expect.arrayContaining([`${bench.owner}-user`]) },
    });
    await instance.stop(1000);
    const listed = await bench.images.list(soon());
    expect(listed.find(({ tags }) => tags.includes(LLAMA_SERVER_IMAGE))).toMatchObject({
      entrypoint: ['/app/llama-server'],
      labels: { 'org.opencontainers.image.version': 'v0.5.0' },
    });
  });

  it('asks an image for its flags in a container that has no network, and leaves none behind', async () => {
    await using bench = dockerBench(host);
    const help = await bench.images.ask(LLAMA_SERVER_IMAGE, ['/app/llama-server', '--help'], soon());
    expect(help).toContain('--ctx-size');
    expect(await bench.images.ask(LLAMA_SERVER_IMAGE, ['/app/llama-server', '--no-such'], soon())).toBe(null);
    expect(await bench.images.ask(LLAMA_SERVER_IMAGE, ['/no/such', '--help'], soon())).toBe(null);
    expect(await bench.images.ask('cortex-test/none:v0', ['/x'], soon())).toBe(null);
    const leaving = new AbortController();
    const server = ['/app/llama-server', '-m', '/none', '--host', '127.0.0.1', '--sleep-idle-seconds', '1'] as const;
    setTimeout(() => leaving.abort(new Error('left')), 50);
    await expect(bench.images.ask(LLAMA_SERVER_IMAGE, server, leaving.signal)).rejects.toThrow('left');
    for (const until = Date.now() + 5000; ; await sleep(50)) {
      const filters = JSON.stringify({ label: ['io.cortex-desktop.product=cortex-question'] });
      if ((await bench.docker.listContainers({ all: true, filters })).length === 0) break;
      if (Date.now() > until) throw new Error('a container was left');
    }
  });
});
