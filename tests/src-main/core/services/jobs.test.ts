import { pino } from 'pino';
import { expect, test } from 'vitest';
import { AppError } from '../../../../src-main/contract/errors.ts';
import { Feed } from '../../../../src-main/core/services/feed.ts';
import { Jobs, type JobWork } from '../../../../src-main/core/services/jobs/jobs.ts';
import { JobTable } from '../../../../src-main/core/store/jobs.ts';
import { openStore } from '../../../../src-main/core/store/open.ts';

const log = pino({ level: 'silent' });

function setUp(now = () => 1_000_000) {
  const db = openStore(':memory:');
  return { db, jobs: new Jobs(new JobTable(db), { now }, log) };
}

const untilAborted: JobWork = (_report, signal) =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

test('progress by bytes gives a fraction and time left; the end is remembered', async () => {
  let now = 0;
  const { jobs } = setUp(() => now);
  const work = Promise.withResolvers<string>();
  const { id } = jobs.start('engine_build_install', 'engine', (report) => {
    now = 10_000;
    report({ step: 'Downloading', bytes: 25, totalBytes: 100 });
    return work.promise;
  });
  expect(jobs.get(id)).toMatchObject({ status: 'running', step: 'Downloading', progress: 0.25, eta_seconds: 30 });
  work.resolve('build-1');
  expect(await jobs.finished(id)).toMatchObject({
    status: 'completed',
    progress: 1,
    result: 'build-1',
    eta_seconds: null,
  });
});

test('cancel resolves once the work has ended; what has ended cannot be cancelled', async () => {
  const { jobs } = setUp();
  const { id } = jobs.start('engine_build_install', 'engine', untilAborted);
  expect(await jobs.cancel(id)).toMatchObject({ status: 'cancelled', error: null });
  await expect(jobs.cancel(id)).rejects.toThrow(/is cancelled/);
  expect(() => jobs.get('nope')).toThrow(AppError);
});

test('a failure keeps its sentence', async () => {
  const { jobs } = setUp();
  const { id } = jobs.start('engine_build_install', 'engine', () =>
    Promise.reject(new AppError('engine_build_invalid', { reason: 'No compiler.' })),
  );
  expect(await jobs.finished(id)).toMatchObject({ status: 'failed', error: 'No compiler.' });
});

test('work of a program that was killed is marked interrupted at the next start', () => {
  const { db, jobs } = setUp();
  const { id } = jobs.start('engine_build_install', 'engine', untilAborted);
  expect(new Jobs(new JobTable(db), { now: () => 2 }, log).get(id)).toMatchObject({ status: 'interrupted' });
});

test('a watcher that reads slowly gets the newest state of each job, not a backlog', async () => {
  const feed = new Feed<{ id: number; n: number }>((waiting, item) => [
    ...waiting.filter(({ id }) => id !== item.id),
    item,
  ]);
  const stop = new AbortController();
  const seen: { id: number; n: number }[] = [];
  const reading = (async () => {
    for await (const item of feed.watch(() => [{ id: 0, n: 0 }], stop.signal)) {
      seen.push(item);
      if (seen.length === 1) for (let n = 1; n <= 1000; n += 1) feed.publish({ id: n % 2, n });
      if (seen.length === 3) stop.abort();
    }
  })();
  await reading;
  expect(seen).toEqual([
    { id: 0, n: 0 },
    { id: 1, n: 999 },
    { id: 0, n: 1000 },
  ]);
  expect(feed.watched).toBe(false);
});
