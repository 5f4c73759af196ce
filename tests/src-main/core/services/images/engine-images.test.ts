import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../../../src-main/contract/errors.ts';
import { llamacpp } from '../../../../../src-main/domain/engine/llamacpp/driver.ts';
import type { Images, LocalImage, PullProgress } from '../../../../../src-main/core/ports/images.ts';
import { EngineImages } from '../../../../../src-main/core/services/images/engine-images.ts';
import {
  engineOfImage,
  repositoryOf,
  versionOfImage,
} from '../../../../../src-main/core/services/images/engine-of-image.ts';
import { listEngineImages, type ImageUser } from '../../../../../src-main/core/services/images/list-engine-images.ts';
import { Jobs } from '../../../../../src-main/core/services/jobs/jobs.ts';
import { EngineFlagTable } from '../../../../../src-main/core/store/engine-flags.ts';
import { JobTable } from '../../../../../src-main/core/store/jobs.ts';
import { openStore, type Store } from '../../../../../src-main/core/store/open.ts';

const IMAGE: LocalImage = {
  id: 'sha256:1111',
  tags: ['ghcr.io/ggml-org/llama.cpp:server-b10485'],
  repoDigests: ['ghcr.io/ggml-org/llama.cpp@sha256:d1d1'],
  sizeBytes: 1000,
  createdAtMs: 5000,
  labels: {},
  entrypoint: ['/app/llama-server'],
  architecture: 'amd64',
};
const HELP = '--ctx-size N  size of the context\n-m, --model FNAME  model path\n-ngl, --gpu-layers N  layers\n';

/** A stand-in for a container engine's images: downloads end when the test says so. */
class FakeImages implements Images {
  readonly asked: (readonly string[])[] = [];
  pulls = 0;
  cancelled = 0;
  end: PromiseWithResolvers<void> = Promise.withResolvers();
  progress: (progress: PullProgress) => void = () => undefined;
  local: LocalImage[] = [];

  async list(): Promise<LocalImage[]> {
    return this.local;
  }
  async inspect(reference: string): Promise<LocalImage | null> {
    return this.local.find(({ id, tags }) => id === reference || tags.includes(reference)) ?? null;
  }
  async pull(_: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<LocalImage> {
    this.pulls += 1;
    this.progress = onProgress;
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    signal.addEventListener('abort', () => {
      this.cancelled += 1;
      reject(signal.reason as Error);
    });
    await Promise.race([this.end.promise, aborted]);
    return IMAGE;
  }
  async remove(reference: string): Promise<void> {
    this.local = this.local.filter(({ tags }) => !tags.includes(reference));
  }
  async ask(_: string, argv: readonly [string, ...string[]]): Promise<string | null> {
    this.asked.push(argv);
    await sleep(5);
    return argv[0] === '/app/llama-server' ? HELP : null;
  }
}

let db: Store;
let jobs: Jobs;
let fake: FakeImages;
let flags: EngineFlagTable;
let images: EngineImages;
const never = new AbortController().signal;

beforeEach(() => {
  db = openStore(':memory:');
  const clock = { now: () => 1000 };
  const log = pino({ level: 'silent' });
  jobs = new Jobs(new JobTable(db), clock, log);
  fake = new FakeImages();
  flags = new EngineFlagTable(db);
  images = new EngineImages({ images: fake, jobs, flags, models: () => [], clock, log });
});

afterEach(async () => {
  await jobs[Symbol.asyncDispose]();
  db.close();
});

const PROGRESS: PullProgress = {
  step: 'Downloading',
  bytes: 10,
  totalBytes: 40,
  isTotalKnown: true,
  layers: { done: 1, total: 4 },
};

describe('downloading an image', () => {
  it('is one job however many ask, and tells all of them how far it is', async () => {
    const seen: number[] = [];
    const first = images.fetch('a/vllm:1', ({ bytes }) => seen.push(bytes), never);
    const second = images.fetch('a/vllm:1', ({ bytes }) => seen.push(bytes), never);
    const job = images.pull('a/vllm:1');
    await sleep(0);
    fake.progress(PROGRESS);
    expect(jobs.get(job.id)).toMatchObject({
      job_type: 'image_pull',
      title: 'a/vllm:1',
      step: 'Downloading, 1 of 4 layers done',
      bytes_written: 10,
      total_bytes: 40,
      progress: 0.25,
    });
    fake.end.resolve();
    expect([await first, await second]).toEqual([IMAGE, IMAGE]);
    expect(await jobs.finished(job.id)).toMatchObject({ status: 'completed', result: IMAGE.id });
    expect(fake.pulls).toBe(1);
    expect(seen).toEqual([10, 10]);
  });

  it.each(['a b', '../etc', 'a/../b', '-v /:/x', '--help', 'https://ghcr.io/a', 'Org/Image:1', 'ghcr.io/Org/i', ''])(
    '%j can be no image and is refused at once, not as a job that fails',
    (name) => {
      expect(() => images.pull(name)).toThrow(expect.objectContaining({ code: 'validation_failed', status: 400 }));
      expect([jobs.list(), fake.pulls]).toEqual([[], 0]);
    },
  );

  it.each([
    'vllm/vllm-openai',
    'LOCALHOST:5000/a/b:Tag_1.0',
    'Registry.example/a__b:V1',
    `ghcr.io/ggml-org/llama.cpp:server-cuda@sha256:${'a'.repeat(64)}`,
  ])('%s is asked for', async (name) => {
    images.pull(name);
    await sleep(0);
    expect(fake.pulls).toBe(1);
  });

  it('says bytes but no share while the whole is not known', async () => {
    const job = images.pull('a/vllm:1');
    await sleep(0);
    fake.progress({ ...PROGRESS, isTotalKnown: false });
    expect(jobs.get(job.id)).toMatchObject({ bytes_written: 10, total_bytes: null, progress: null });
  });

  it('ends when the last one who waits leaves, but not when a person asked for it', async () => {
    const leaving = new AbortController();
    const waiting = images.fetch('a/vllm:1', () => undefined, leaving.signal);
    await sleep(0);
    leaving.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    expect(fake.cancelled).toBe(1);

    const again = new AbortController();
    const job = images.pull('a/vllm:1');
    const joined = images.fetch('a/vllm:1', () => undefined, again.signal);
    await sleep(0);
    again.abort(new Error('stopped'));
    await expect(joined).rejects.toThrow('stopped');
    expect(jobs.get(job.id).status).toBe('running');
  });

  it('tells a model that waits when the job was cancelled by a person', async () => {
    const waiting = images.fetch('a/vllm:1', () => undefined, never);
    waiting.catch(() => undefined);
    await jobs.cancel(images.pull('a/vllm:1').id);
    await expect(waiting).rejects.toMatchObject({ code: 'image_pull_failed' });
  });

  it('tells why it failed, to the job and to whoever waits, and can be tried again', async () => {
    const waiting = images.fetch('a/vllm:1', () => undefined, never);
    waiting.catch(() => undefined);
    const job = images.pull('a/vllm:1');
    fake.end.reject(new AppError('image_not_found', { reference: 'a/vllm:1', reason: 'manifest unknown' }));
    await expect(waiting).rejects.toMatchObject({ code: 'image_not_found' });
    expect((await jobs.finished(job.id)).error).toContain('manifest unknown');
    fake.end = Promise.withResolvers();
    fake.end.resolve();
    expect(await images.fetch('a/vllm:1', () => undefined, never)).toEqual(IMAGE);
  });
});

describe('the flags an image knows', () => {
  it('are asked once, by as many ways as it takes, and remembered with the image', async () => {
    const [first, second] = await Promise.all([
      images.flagsOf(IMAGE, llamacpp, never),
      images.flagsOf(IMAGE, llamacpp, never),
    ]);
    expect(first?.flags.has('--ctx-size')).toBe(true);
    expect(second).toEqual(first);
    expect(fake.asked).toHaveLength(1);
    expect(flags.get(IMAGE.id, 'llamacpp')).toEqual(first);
    expect(await images.flagsOf(IMAGE, llamacpp, never)).toEqual(first);
    expect(fake.asked).toHaveLength(1);
    expect(flags.get(IMAGE.id, 'vllm')).toBe(null);
  });

  it('are null for an image that does not say, which is asked again another time', async () => {
    fake.ask = async (_, argv) => {
      fake.asked.push(argv);
      return null;
    };
    expect(await images.flagsOf(IMAGE, llamacpp, never)).toBe(null);
    expect(fake.asked).toHaveLength(llamacpp.container.flagProbes.length);
  });

  it('are forgotten with the image', async () => {
    fake.local = [IMAGE];
    await images.flagsOf(IMAGE, llamacpp, never);
    await images.remove(IMAGE.tags[0] ?? '', never);
    expect(flags.get(IMAGE.id, 'llamacpp')).toBe(null);
  });
});

describe('the list of images', () => {
  const user = (changes: Partial<ImageUser>): ImageUser => ({
    name: 'A',
    engineType: 'llamacpp',
    engineImage: null,
    engineDigest: null,
    ...changes,
  });
  const references = (local: LocalImage[], models: ImageUser[]) =>
    listEngineImages(local, models, () => null).map(({ reference, present }) => `${present ? '+' : '-'}${reference}`);

  it('shows what looks like an engine, what a model names, and the defaults; nothing else of the machine', () => {
    const postgres = { ...IMAGE, id: 'sha256:2', tags: ['postgres:17'], repoDigests: [], entrypoint: ['postgres'] };
    const own = { ...IMAGE, id: 'sha256:3', tags: ['my/engine:1'], repoDigests: [], entrypoint: ['x'] };
    const list = references(
      [IMAGE, postgres, own],
      [user({ engineImage: 'my/engine:1' }), user({ engineImage: 'gone/vllm:2' })],
    );
    expect(list).toContain('+my/engine:1');
    expect(list).toContain(`+${IMAGE.tags[0]}`);
    expect(list).toContain('-gone/vllm:2');
    expect(list).toContain(`-${llamacpp.container.defaultImage}`);
    expect(list.join(' ')).not.toContain('postgres');
  });

  it('says which models use an image, the default’s and the pinned ones too', () => {
    const standard = { ...IMAGE, tags: [llamacpp.container.defaultImage] };
    const models = [
      user({ name: 'default' }),
      user({ name: 'pinned', engineDigest: 'sha256:d1d1' }),
      user({ name: 'pinned to an older one', engineDigest: 'sha256:0000' }),
      user({ name: 'vllm', engineType: 'vllm' }),
    ];
    const [first] = listEngineImages([standard], models, () => 42);
    expect(first).toMatchObject({
      reference: llamacpp.container.defaultImage,
      digest: 'sha256:d1d1',
      is_default: true,
      models: ['default', 'pinned'],
      known_flags: 42,
    });
  });

  it('knows an image that a model names by its digest', () => {
    const list = references([IMAGE], [user({ engineImage: 'ghcr.io/ggml-org/llama.cpp@sha256:d1d1' })]);
    expect(list).toContain('+ghcr.io/ggml-org/llama.cpp@sha256:d1d1');
  });
});

it('reads engine and version from names, labels and entrypoints', () => {
  expect(repositoryOf('127.0.0.1:5000/a/b:c@sha256:00')).toBe('127.0.0.1:5000/a/b');
  expect(engineOfImage('vllm/vllm-openai:v0.29.0', null)).toBe('vllm');
  expect(engineOfImage('my/thing:1', { ...IMAGE, entrypoint: ['vllm', 'serve'] })).toBe('vllm');
  expect(engineOfImage('my/thing:1', IMAGE)).toBe('llamacpp');
  expect(engineOfImage('postgres:17', null)).toBe(null);
  expect(versionOfImage('vllm/vllm-openai:v0.30.0-cu129', null)).toBe('v0.30.0');
  expect(versionOfImage('ghcr.io/ggml-org/llama.cpp:server-cuda-b10485', null)).toBe('b10485');
  expect(versionOfImage('127.0.0.1:5000/vllm:latest', null)).toBe(null);
  expect(versionOfImage('x:1', { ...IMAGE, labels: { 'org.opencontainers.image.version': 'v9' } })).toBe('v9');
});
