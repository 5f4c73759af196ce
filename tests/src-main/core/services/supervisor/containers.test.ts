import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LABELS } from '../../../../../src-main/core/ports/containers.ts';
import { judgeFound } from '../../../../../src-main/core/services/supervisor/found-containers.ts';
import { nextRestart } from '../../../../../src-main/core/services/supervisor/restart-policy.ts';
import {
  DOCKER_ABSENT,
  DOCKER_READY,
  FakeDocker,
  fakeImages,
  PRESENT_IMAGE,
  type ScriptedContainer,
} from '../../../../fakes/containers.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

let dataDir: string;
let docker: FakeDocker;
let started: ScriptedContainer[];
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'cortex-test-'));
  started = [];
  docker = new FakeDocker(DOCKER_READY, (container) => {
    started.push(container);
    container.listen();
  });
});
afterEach(async () => {
  await docker[Symbol.asyncDispose]();
  rmSync(dataDir, { recursive: true, force: true });
});

const bench = (more: Partial<ConstructorParameters<typeof Workbench>[0]> = {}) =>
  new Workbench({ executable: null, dataDir, containers: docker, ...more });
const recover = (own: Workbench) => own.supervisor.recover(AbortSignal.timeout(5000));
const until = async (condition: () => boolean) => {
  while (!condition()) await sleep(10);
};

describe('a model in a container', () => {
  it('runs from its image with nothing secret in its arguments or labels, and is pinned to the digest it ran with', async () => {
    await using own = bench();
    const id = await own.add(SELF_TEST_MODEL, { runtime: 'container', hf_token: 'hf_secret' });
    const answer = await own.supervisor.start(id);
    expect(answer).toMatchObject({ status: 'running', error: null });
    const [spec] = docker.specs;
    const key = spec?.env['LLAMA_API_KEY'] ?? '';
    expect(key.length).toBeGreaterThan(40);
    expect(JSON.stringify([spec?.args, spec?.labels])).not.toMatch(new RegExp(`${key}|hf_secret`));
    expect(spec).toMatchObject({
      image: PRESENT_IMAGE.id,
      user: '65534:65534',
      readOnlyRoot: true,
      port: 8080,
      gpus: { kind: 'none' },
    });
    expect(spec?.args.slice(0, 2)).toEqual(['-m', '/models/cortex-self-test.gguf']);
    expect(spec?.mounts[0]).toEqual({
      source: SELF_TEST_MODEL,
      target: '/models/cortex-self-test.gguf',
      readOnly: true,
    });
    expect(own.models.get(id)).toMatchObject({
      engine_digest: PRESENT_IMAGE.repoDigests[0]?.split('@')[1],
      container_name: spec?.name,
      hf_token_set: true,
      engine: { image: 'ghcr.io/ggml-org/llama.cpp:server-cuda', build_id: null },
    });
    // A run's own pin asks for no restart.
    expect(own.models.changes(id)).toEqual([]);
    await own.supervisor.stop(id);
    expect(own.launches.all()).toEqual([]);
  });

  it('is refused with the cure where Docker is missing, and starts once it is there', async () => {
    docker.become(DOCKER_ABSENT);
    await using own = bench();
    const id = await own.add(SELF_TEST_MODEL, { runtime: 'container' });
    await expect(own.supervisor.start(id)).rejects.toMatchObject({ code: 'docker_unavailable' });
    expect(own.models.get(id)).toMatchObject({ state: 'stopped', state_detail: expect.stringMatching(/Install it/) });
    docker.become(DOCKER_READY);
    expect((await own.supervisor.start(id)).status).toBe('running');
  });

  it('fails with a sentence where its image cannot be had', async () => {
    await using own = bench({ images: fakeImages(null) });
    const id = await own.add(SELF_TEST_MODEL, { runtime: 'container' });
    await expect(own.supervisor.start(id)).rejects.toMatchObject({ code: 'image_not_found' });
    expect(own.models.get(id).state).toBe('stopped');
  });

  it('that is left at the end of the program is taken up by the next one, with the same key and no new container', async () => {
    const first = bench({ leaveContainers: true });
    const id = await first.add(SELF_TEST_MODEL, { runtime: 'container' });
    await first.supervisor.start(id);
    const { authorization } = first.supervisor.engineProcesses()[0]!;
    await first[Symbol.asyncDispose]();
    await using next = bench();
    await recover(next);
    await until(() => next.models.get(id).state === 'running');
    expect(docker.specs).toHaveLength(1);
    expect(next.supervisor.engineProcesses()[0]?.authorization).toBe(authorization);
    expect(await next.supervisor.orphans(AbortSignal.timeout(1000))).toEqual([]);
    // Its own life again: a stop removes it.
    await next.supervisor.stop(id);
    expect(await docker.list('test-owner')).toEqual([]);
  });

  it('whose configuration was changed meanwhile is an orphan, never adopted and never ended unasked', async () => {
    const first = bench({ leaveContainers: true });
    const id = await first.add(SELF_TEST_MODEL, { runtime: 'container' });
    await first.supervisor.start(id);
    await first[Symbol.asyncDispose]();
    const editor = bench();
    const record = editor.table.get(id)!;
    editor.table.update(id, { ...record, fields: { ...record.fields, context_size: 1024 } }, 1);
    await editor[Symbol.asyncDispose]();
    await using next = bench();
    await recover(next);
    expect(next.models.get(id).state).toBe('stopped');
    const [orphan, ...others] = await next.supervisor.orphans(AbortSignal.timeout(1000));
    expect(others).toEqual([]);
    expect(orphan).toMatchObject({ model_id: id, model_name: 'model-1', state: 'running' });
    await expect(next.supervisor.removeOrphan('nothing', AbortSignal.timeout(1000))).rejects.toMatchObject({
      code: 'not_found',
    });
    await next.supervisor.removeOrphan(orphan?.id ?? '', AbortSignal.timeout(1000));
    expect(docker.removed).toEqual([orphan?.id]);
  });

  it('of another data directory is none of ours', async () => {
    const first = bench({ leaveContainers: true });
    const id = await first.add(SELF_TEST_MODEL, { runtime: 'container' });
    await first.supervisor.start(id);
    await first[Symbol.asyncDispose]();
    const spec = docker.specs[0]!;
    expect(spec.labels[LABELS.owner]).toBe('test-owner');
    expect(await docker.list('another')).toEqual([]);
  });

  it('whose image was built here is pinned to its id: another image of the same name is not taken instead', async () => {
    const built = { ...PRESENT_IMAGE, repoDigests: [] };
    await using own = bench({ images: fakeImages(built) });
    const id = await own.add(SELF_TEST_MODEL, { runtime: 'container' });
    await own.supervisor.start(id);
    expect(own.models.get(id).engine_digest).toBe(built.id);
  });

  it('that was on its way when the program was killed says so, and is started again where its policy says so', async () => {
    const first = bench();
    const told = await first.add(SELF_TEST_MODEL, { runtime: 'container' });
    const again = await first.add(SELF_TEST_MODEL, { runtime: 'container', restart_policy: 'on_failure' });
    for (const id of [told, again]) first.table.saveState(id, 'starting', null, null);
    await using next = bench();
    await recover(next);
    next.supervisor.startAutomatic();
    expect(next.models.get(told)).toMatchObject({
      state: 'stopped',
      state_detail: expect.stringMatching(/was starting/),
    });
    await until(() => next.models.get(again).state === 'running');
    expect(next.models.get(told).state).toBe('stopped');
    await first[Symbol.asyncDispose]();
  });

  it('is found again when Docker comes up later than the program', async () => {
    const first = bench({ leaveContainers: true });
    const id = await first.add(SELF_TEST_MODEL, { runtime: 'container' });
    await first.supervisor.start(id);
    await first[Symbol.asyncDispose]();
    docker.become(DOCKER_ABSENT);
    await using next = bench();
    await recover(next);
    expect(next.models.get(id).state).toBe('stopped');
    docker.become(DOCKER_READY);
    await until(() => next.models.get(id).state === 'running');
    expect(docker.specs).toHaveLength(1);
  });

  it('that is stopped while Docker is away says so, never hangs, and is ended when Docker is back', async () => {
    await using own = bench();
    await recover(own);
    const id = await own.add(SELF_TEST_MODEL, { runtime: 'container' });
    await own.supervisor.start(id);
    docker.become(DOCKER_ABSENT);
    await expect(own.supervisor.stop(id)).rejects.toMatchObject({ code: 'docker_unavailable' });
    expect(own.models.get(id).state).toBe('stopping');
    await expect(own.supervisor.start(id)).rejects.toMatchObject({ code: 'model_busy' });
    expect(own.launches.all()).toHaveLength(1);
    docker.become(DOCKER_READY);
    await until(() => own.models.get(id).state === 'stopped');
    expect(await docker.list('test-owner')).toEqual([]);
    expect(own.launches.all()).toEqual([]);
    expect((await own.supervisor.start(id)).status).toBe('running');
  });

  it('that fell over while nobody watched is explained at the next start of the program', async () => {
    const first = bench();
    const id = await first.add(SELF_TEST_MODEL, { runtime: 'container' });
    await first.supervisor.start(id);
    started[0]?.log("0.00.1 E gguf: invalid magic characters: 'no', expected 'GGUF'");
    started[0]?.end({ exitCode: 137, outOfMemory: true });
    await until(() => first.models.get(id).state === 'failed');
    await first[Symbol.asyncDispose]();
    await using next = bench();
    await recover(next);
    expect(next.models.get(id).state).toBe('failed');
  });

  it('is restarted by its policy with growing waits, and its owner’s stop ends that', async () => {
    await using own = bench();
    const id = await own.add(SELF_TEST_MODEL, { runtime: 'container', restart_policy: 'on_failure' });
    await own.supervisor.start(id);
    started[0]?.end({ exitCode: 139 });
    await until(() => own.models.get(id).state === 'starting');
    expect(own.models.get(id)).toMatchObject({
      state_detail: expect.stringMatching(/started again, after/),
      progress: { phase: 'Waiting to restart', eta_seconds: 1 },
    });
    await until(() => own.models.get(id).state === 'running');
    expect(own.models.get(id).engine?.restarts).toBe(1);
    started[1]?.end({ exitCode: 139 });
    await until(() => own.models.get(id).state === 'starting');
    await own.supervisor.stop(id);
    expect(own.models.get(id).state).toBe('stopped');
    expect(docker.specs).toHaveLength(2);
  });

  it('is restarted once Docker is back, where Docker itself went down with it', async () => {
    await using own = bench();
    await recover(own);
    const id = await own.add(SELF_TEST_MODEL, { runtime: 'container', restart_policy: 'on_failure' });
    await own.supervisor.start(id);
    docker.become(DOCKER_ABSENT);
    started[0]?.end({ exitCode: 255, runtimeLost: true });
    await until(() => own.models.get(id).progress?.phase === 'Waiting for Docker');
    docker.become(DOCKER_READY);
    await until(() => own.models.get(id).state === 'running');
    expect(own.models.get(id).engine?.restarts).toBe(1);
  }, 15_000);

  it('starts with the program where it shall, and not again once its owner stopped it', async () => {
    const first = bench();
    const id = await first.add(SELF_TEST_MODEL, { runtime: 'container', auto_start: true });
    await first[Symbol.asyncDispose]();
    docker.become(DOCKER_ABSENT);
    await using next = bench();
    await recover(next);
    next.supervisor.startAutomatic();
    await sleep(20);
    expect(next.models.get(id).state).toBe('stopped');
    docker.become(DOCKER_READY);
    await until(() => next.models.get(id).state === 'running');
    await next.supervisor.stop(id);
    docker.become(DOCKER_READY);
    await sleep(50);
    expect(next.models.get(id).state).toBe('stopped');
  });
});

describe('the verdict over a container that was found', () => {
  const facts = {
    state: 'running',
    modelState: 'running',
    launchKnown: true,
    hashMatches: true,
    isNewest: true,
  } as const;
  it.each([
    [{}, 'adopt'],
    [{ modelState: 'loading' }, 'adopt'],
    [{ hashMatches: false }, 'orphan'],
    [{ hashMatches: null }, 'orphan'],
    [{ modelState: null }, 'orphan'],
    [{ isNewest: false }, 'orphan'],
    [{ launchKnown: false }, 'orphan'],
    [{ modelState: 'stopping' }, 'remove'],
    [{ state: 'exited' }, 'adopt'],
    [{ state: 'exited', modelState: 'stopped' }, 'remove'],
    [{ state: 'exited', hashMatches: false }, 'remove'],
    [{ state: 'created' }, 'remove'],
    [{ state: 'paused' }, 'adopt'],
  ] as const)('with %o is: %s', (change, verdict) => {
    expect(judgeFound({ ...facts, ...change })).toBe(verdict);
  });
});

describe('a restart', () => {
  const fallen = {
    fields: { restart_policy: 'on_failure' },
    wasReady: true,
    code: 'crashed',
    ranMs: 1000,
    restarts: 0,
  };
  it('waits longer each time, gives up at the limit, and counts anew after a long run', () => {
    const waits = [0, 1, 2, 3, 4, 5].map((restarts) => nextRestart({ ...fallen, restarts })?.waitMs);
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, undefined]);
    expect(nextRestart({ ...fallen, restarts: 5, ranMs: 3_600_000 })).toEqual({ waitMs: 1000, restarts: 1 });
    const many = { restart_policy: 'on_failure', restart_limit: 50 };
    expect(nextRestart({ ...fallen, fields: many, restarts: 20 })?.waitMs).toBe(60_000);
  });

  it('never happens to one that never ran, that was stopped from outside, or whose owner wants none', () => {
    expect(nextRestart({ ...fallen, wasReady: false })).toBeNull();
    expect(nextRestart({ ...fallen, code: 'terminated' })).toBeNull();
    expect(nextRestart({ ...fallen, code: 'container_removed' })).toBeNull();
    expect(nextRestart({ ...fallen, fields: {} })).toBeNull();
    const zero = { restart_policy: 'on_failure', restart_limit: 0 };
    expect(nextRestart({ ...fallen, fields: zero })).toBeNull();
  });
});
