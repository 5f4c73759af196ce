import type { Statement } from 'better-sqlite3';
import type { UsageQuery, UsageRow } from '../../contract/usage.ts';
import type { Store } from './open.ts';

/** One request as the gateway saw it; times are epoch milliseconds. */
export interface UsageRecord {
  readonly actor: UsageRow['actor'];
  readonly key_id: number | null;
  readonly user_id: number | null;
  readonly org_id: number | null;
  readonly model_id: number | null;
  readonly model_name: string | null;
  /** The foreign server that was asked; null for an engine of ours, and where none was. */
  readonly upstream: string | null;
  readonly task: UsageRow['task'];
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cached_tokens: number | null;
  readonly latency_ms: number;
  readonly ttft_ms: number | null;
  readonly stream: boolean;
  readonly status_code: number;
  readonly error_code: string | null;
  readonly req_id: string;
  readonly created_at: number;
}

type StoredUsage = Omit<UsageRecord, 'stream'> & { readonly id: number; readonly stream: number };

const COLUMNS: readonly (keyof UsageRecord)[] = [
  'actor',
  'key_id',
  'user_id',
  'org_id',
  'model_id',
  'model_name',
  'upstream',
  'task',
  'prompt_tokens',
  'completion_tokens',
  'cached_tokens',
  'latency_ms',
  'ttft_ms',
  'stream',
  'status_code',
  'error_code',
  'req_id',
  'created_at',
];

const ROWS_A_STATEMENT = 50;

/** One after the other, each in the order of `COLUMNS`: what crosses to another thread at a fraction of objects' cost. */
export function usageValues(records: readonly UsageRecord[]): UsageValue[] {
  const values: UsageValue[] = [];
  for (const record of records) pushValues(values, record);
  return values;
}

export type UsageValue = string | number | null;

function pushValues(values: UsageValue[], record: UsageRecord): void {
  values.push(
    record.actor,
    record.key_id,
    record.user_id,
    record.org_id,
    record.model_id,
    record.model_name,
    record.upstream,
    record.task,
    record.prompt_tokens,
    record.completion_tokens,
    record.cached_tokens,
    record.latency_ms,
    record.ttft_ms,
    record.stream ? 1 : 0,
    record.status_code,
    record.error_code,
    record.req_id,
    record.created_at,
  );
}

export class UsageTable {
  readonly #db: Store;
  readonly #insertOne: Statement;
  readonly #insertMany: Statement;

  constructor(db: Store) {
    this.#db = db;
    const row = `(${COLUMNS.map(() => '?').join(', ')})`;
    const insert = `INSERT INTO usage (${COLUMNS.join(', ')}) VALUES`;
    this.#insertOne = db.prepare(`${insert} ${row}`);
    this.#insertMany = db.prepare(`${insert} ${Array.from({ length: ROWS_A_STATEMENT }, () => row).join(', ')}`);
  }

  insertAll(records: readonly UsageRecord[]): void {
    this.insertValues(usageValues(records));
  }

  /** In one transaction, many rows a statement: a busy gateway makes thousands a second. */
  insertValues(values: readonly UsageValue[]): void {
    const many = ROWS_A_STATEMENT * COLUMNS.length;
    this.#db.transaction(() => {
      let at = 0;
      for (; at + many <= values.length; at += many) this.#insertMany.run(values.slice(at, at + many));
      for (; at < values.length; at += COLUMNS.length) this.#insertOne.run(values.slice(at, at + COLUMNS.length));
    })();
  }

  /** Newest first. */
  list(query: UsageQuery, now: number): UsageRow[] {
    const conditions: string[] = [];
    const values: Record<string, unknown> = { limit: query.limit, offset: query.offset };
    const where = (condition: string, name: string, value: unknown) => {
      conditions.push(condition);
      values[name] = value;
    };
    if (query.hours !== undefined) where('created_at >= @since', 'since', now - query.hours * 3_600_000);
    if (query.model !== undefined) where('model_name = @model', 'model', query.model);
    if (query.task !== undefined) where('task = @task', 'task', query.task);
    for (const column of ['key_id', 'user_id', 'org_id'] as const) {
      if (query[column] !== undefined) where(`${column} = @${column}`, column, query[column]);
    }
    if (query.status?.endsWith('xx') === true) where('status_code / 100 = @status', 'status', Number(query.status[0]));
    else if (query.status !== undefined) where('status_code = @status', 'status', Number(query.status));
    const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const sql = `SELECT * FROM usage ${filter} ORDER BY id DESC LIMIT @limit OFFSET @offset`;
    return this.#db.prepare<[Record<string, unknown>], StoredUsage>(sql).all(values).map(toRow);
  }
}

function toRow(stored: StoredUsage): UsageRow {
  const { model_id: _modelId, stream, created_at, ...row } = stored;
  return {
    ...row,
    total_tokens: row.prompt_tokens + row.completion_tokens,
    stream: stream === 1,
    created_at: created_at / 1000,
  };
}
