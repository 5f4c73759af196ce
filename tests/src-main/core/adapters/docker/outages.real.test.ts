import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, inject, it } from 'vitest';
import type { DockerStatus } from '../../../../../src-main/contract/docker.ts';
import { startRegistry } from '../../../../fakes/registry-server.ts';
import { dockerBench } from '../../../../fixtures/docker/engine-containers.ts';
import { startDaemon } from '../../../../tools/docker-daemon.ts';
import { makeTestImages, VLLM_IMAGE } from '../../../../tools/docker-test-images.ts';

const soon = () => AbortSignal.timeout(30_000);
// These end engines of their own, which only root can start.
const canStart = inject('dockerHost') !== '' && process.getuid?.() === 0;

async function until(isTrue: () => boolean, ms: number): Promise<void> {
  for (const end = Date.now() + ms; !isTrue(); await sleep(50)) {
    if (Date.now() > end) throw new Error(`it did not come true within ${ms} ms`);
  }
}

describe.skipIf(!canStart)('when the container engine comes and goes', () => {
  it('appears when it comes up and is gone when it stops, without being asked', async () => {
    const daemon = await startDaemon('appears');
    const { host, folder } = daemon;
    await daemon.stop();
    await using bench = dockerBench(host);
    const seen: DockerStatus['problem'][] = [];
    using _listener = bench.containers.onStatus(({ problem }) => seen.push(problem));
    await until(() => seen.length > 0, 5000);
    expect(seen).toEqual(['not_running']);
    await expect(bench.containers.list(bench.owner, soon())).rejects.toMatchObject({ code: 'docker_unavailable' });
    await expect(bench.images.list(soon())).rejects.toMatchObject({ code: 'docker_unavailable' });
    await expect(bench.containers.run(bench.follow(bench.spec('none')), soon())).rejects.toMatchObject({
      code: 'docker_unavailable',
      data: { problem: 'not_running', cure: expect.stringContaining('DOCKER_HOST') },
    });
    const again = await startDaemon('appears');
    expect(again.folder).toBe(folder);
    await until(() => seen.at(-1) === 'ok', 10_000);
    await again.stop();
    await until(() => seen.at(-1) === 'not_running', 5000);
  });

  it('ends the engines it took with it, and lets go of those that outlive it only when asked', async () => {
    const daemon = await startDaemon('takes');
    try {
      await makeTestImages(daemon.host, inject('engineDir'));
      await using bench = dockerBench(daemon.host);
      const instance = await bench.containers.run(bench.follow(bench.spec('taken')), soon());
      let isOver = false;
      void instance.ended.then(() => (isOver = true));
      // Killed, it leaves its containers running: their end is not known, and none is made up.
      process.kill(daemon.pid, 'SIGKILL');
      await sleep(2000);
      expect(isOver).toBe(false);
      await expect(instance.stop(500)).rejects.toMatchObject({ code: 'docker_unavailable' });
      // Now the container itself ends while nobody is there to tell.
      process.kill(instance.pid ?? 0, 'SIGKILL');
      await until(() => isOver, 5000);
      expect(await instance.ended).toMatchObject({ removed: false, spawnError: null, runtimeLost: true });
    } finally {
      await daemon.stop();
    }
  });

  it('knows that an engine ended with Docker, which ends what it finds running when it comes back', async () => {
    const daemon = await startDaemon('ends');
    try {
      await makeTestImages(daemon.host, inject('engineDir'));
      await using bench = dockerBench(daemon.host);
      const instance = await bench.containers.run(bench.follow(bench.spec('ends')), soon());
      process.kill(daemon.pid, 'SIGKILL');
      await sleep(300);
      const again = await startDaemon('ends');
      expect(await instance.ended).toMatchObject({ removed: false, spawnError: null, runtimeLost: true });
      await again.stop();
    } finally {
      await daemon.stop();
    }
  });

  it('loses neither an engine nor a line of its log when Docker is killed and comes back', async () => {
    const daemon = await startDaemon('back', ['--live-restore']);
    try {
      await makeTestImages(daemon.host, inject('engineDir'));
      await using bench = dockerBench(daemon.host);
      const script = 'let n = 0; setInterval(() => console.log(`line ${++n}`), 20)';
      const spec = bench.spec('back', { image: VLLM_IMAGE, entrypoint: ['node', '-e', script], args: [] });
      const lines: string[] = [];
      const instance = await bench.containers.run(bench.follow(spec, lines), soon());
      await until(() => lines.length > 10, 10_000);
      process.kill(daemon.pid, 'SIGKILL');
      await sleep(300);
      const before = lines.length;
      const again = await startDaemon('back', ['--live-restore']);
      await until(() => lines.length > before + 50, 20_000);
      expect(lines).toEqual(lines.map((_, at) => `line ${at + 1}`));
      // Docker is long back and well: what ends the engine now is something else.
      process.kill(instance.pid ?? 0, 'SIGKILL');
      expect(await instance.ended).toMatchObject({ removed: false, spawnError: null, runtimeLost: false });
      await again.stop();
    } finally {
      await daemon.stop();
    }
  });

  it('says that the engine went away in the middle of a download', async () => {
    const daemon = await startDaemon('middle');
    try {
      await using registry = await startRegistry({ layers: 1, layerSize: 16 * 1024 * 1024, pauseMs: 20 });
      await using bench = dockerBench(daemon.host);
      const pull = bench.images.pull(
        `${registry.prefix}engine:v1`,
        ({ bytes }) => {
          if (bytes > 0) process.kill(daemon.pid, 'SIGKILL');
        },
        soon(),
      );
      await expect(pull).rejects.toMatchObject({ code: 'docker_unavailable' });
    } finally {
      await daemon.stop();
    }
  });
});
