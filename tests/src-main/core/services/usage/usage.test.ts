import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WorkerUsageWriter } from '../../../../../src-main/core/adapters/usage-writer/worker-usage-writer.ts';
import { Usage } from '../../../../../src-main/core/services/usage/usage.ts';
import { openStore, type Store } from '../../../../../src-main/core/store/open.ts';
import { UsageTable, type UsageRecord } from '../../../../../src-main/core/store/usage.ts';

const log = pino({ level: 'silent' });
const clock = { now: () => 10_000_000 };
const all = { limit: 1000, offset: 0 };
const WORKER = new URL('../../../../../src-main/core/adapters/usage-writer/usage-worker.ts', import.meta.url);

let directory: string;
let db: Store;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cortex-usage-'));
  db = openStore(join(directory, 'cortex.db'));
});
afterEach(() => {
  db.close();
  rmSync(directory, { recursive: true, force: true });
});

function record(n: number, over: Partial<UsageRecord> = {}): UsageRecord {
  return {
    actor: 'key',
    key_id: 1,
    user_id: null,
    org_id: null,
    model_id: 1,
    model_name: 'm',
    upstream: null,
    task: 'chat',
    prompt_tokens: n,
    completion_tokens: 1,
    cached_tokens: null,
    latency_ms: 1.5,
    ttft_ms: null,
    stream: n % 2 === 0,
    status_code: 200,
    error_code: null,
    req_id: `r${n}`,
    created_at: n,
    ...over,
  };
}

test('rows written by the other thread are all there, in order, newest first', async () => {
  await using usage = new Usage(
    new UsageTable(db),
    new WorkerUsageWriter(join(directory, 'cortex.db'), WORKER),
    clock,
    log,
  );
  for (let n = 0; n < 1234; n += 1) usage.record(record(n));
  const rows = await usage.list({ limit: 1000, offset: 234 });
  expect(rows.map((row) => row.prompt_tokens)).toEqual(Array.from({ length: 1000 }, (_, i) => 999 - i));
  expect(rows[0]).toMatchObject({ total_tokens: 1000, stream: false, created_at: 0.999, req_id: 'r999' });
});

test('what is recorded before the end is written at the end', async () => {
  const usage = new Usage(new UsageTable(db), new WorkerUsageWriter(join(directory, 'cortex.db'), WORKER), clock, log);
  usage.record(record(1));
  await usage[Symbol.asyncDispose]();
  expect(new UsageTable(db).list(all, 0)).toHaveLength(1);
});

test('a failed write keeps its rows for the next try, before the newer ones', async () => {
  const table = new UsageTable(db);
  let broken = true;
  await using usage = new Usage(
    table,
    {
      write: (records) => (broken ? Promise.reject(new Error('disk full')) : Promise.resolve(table.insertAll(records))),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    },
    clock,
    log,
  );
  usage.record(record(1));
  expect(await usage.list(all)).toEqual([]);
  broken = false;
  usage.record(record(2));
  expect((await usage.list(all)).map((row) => row.prompt_tokens)).toEqual([2, 1]);
});

test('a writer thread that cannot start is an error of the write, and the next write starts another', async () => {
  await using writer = new WorkerUsageWriter(join(directory, 'nowhere', 'cortex.db'), WORKER);
  await expect(writer.write([record(1)])).rejects.toThrow(/directory/);
  await expect(writer.write([record(1)])).rejects.toThrow(/directory/);
});

test('filters: model, task, key, status by code and by class, hours, paging', () => {
  const table = new UsageTable(db);
  table.insertAll([
    record(1, { created_at: 1000 }),
    record(2, { created_at: 9_990_000, model_name: 'other', status_code: 404, error_code: 'model_not_found' }),
    record(3, { created_at: 9_990_000, task: 'embeddings', key_id: 2, status_code: 429 }),
  ]);
  const found = (query: object) => table.list({ ...all, ...query }, 10_000_000).map((row) => row.prompt_tokens);
  expect(found({})).toEqual([3, 2, 1]);
  expect(found({ hours: 1 })).toEqual([3, 2]);
  expect(found({ model: 'other' })).toEqual([2]);
  expect(found({ task: 'embeddings' })).toEqual([3]);
  expect(found({ key_id: 2 })).toEqual([3]);
  expect(found({ status: '4xx' })).toEqual([3, 2]);
  expect(found({ status: '404' })).toEqual([2]);
  expect(found({ limit: 1, offset: 1 })).toEqual([2]);
  expect(found({ model: "m' OR 1=1 --" })).toEqual([]);
});
