import type { Store } from './open.ts';

/** A foreign server under a served name. Times are epoch milliseconds. */
export interface RegistryRecord {
  readonly servedName: string;
  /** Base address without "/v1". */
  readonly url: string;
  readonly task: 'generate' | 'embed';
  readonly engineType: 'llamacpp' | 'vllm' | null;
  readonly upstreamModel: string | null;
  readonly sealedApiKey: string | null;
  readonly enabled: boolean;
  readonly createdAt: number;
}

interface RegistryRow {
  served_name: string;
  url: string;
  task: string;
  engine_type: string | null;
  upstream_model: string | null;
  api_key: string | null;
  enabled: number;
  created_at: number;
}

export class RegistryTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  /** In the order in which they were added. */
  all(): RegistryRecord[] {
    return this.#db.prepare<[], RegistryRow>('SELECT * FROM registry ORDER BY id').all().map(toRecord);
  }

  get(servedName: string, url: string): RegistryRecord | null {
    const row = this.#db
      .prepare<[string, string], RegistryRow>('SELECT * FROM registry WHERE served_name = ? AND url = ?')
      .get(servedName, url);
    return row ? toRecord(row) : null;
  }

  /** Adds it, or changes all but the age of the one that name and address have. */
  save(record: RegistryRecord): void {
    this.#db
      .prepare(
        `INSERT INTO registry (served_name, url, task, engine_type, upstream_model, api_key, enabled, created_at)
         VALUES (@servedName, @url, @task, @engineType, @upstreamModel, @sealedApiKey, @isEnabled, @createdAt)
         ON CONFLICT (served_name, url) DO UPDATE SET task = excluded.task, engine_type = excluded.engine_type,
           upstream_model = excluded.upstream_model, api_key = excluded.api_key, enabled = excluded.enabled`,
      )
      .run({
        servedName: record.servedName,
        url: record.url,
        task: record.task,
        engineType: record.engineType,
        upstreamModel: record.upstreamModel,
        sealedApiKey: record.sealedApiKey,
        isEnabled: record.enabled ? 1 : 0,
        createdAt: record.createdAt,
      });
  }

  /** All servers of a name, or the one at `url`. False where there was none. */
  remove(servedName: string, url: string | null): boolean {
    return (
      this.#db
        .prepare('DELETE FROM registry WHERE served_name = @servedName AND (@url IS NULL OR url = @url)')
        .run({ servedName, url }).changes > 0
    );
  }
}

function toRecord(row: RegistryRow): RegistryRecord {
  return {
    servedName: row.served_name,
    url: row.url,
    task: row.task === 'embed' ? 'embed' : 'generate',
    engineType: row.engine_type === 'vllm' || row.engine_type === 'llamacpp' ? row.engine_type : null,
    upstreamModel: row.upstream_model,
    sealedApiKey: row.api_key,
    enabled: row.enabled === 1,
    createdAt: row.created_at,
  };
}
