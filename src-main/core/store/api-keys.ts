import type { Store } from './open.ts';

/** Times are epoch milliseconds. `scopes` is comma-separated. */
export interface ApiKeyRecord {
  readonly id: number;
  readonly name: string;
  readonly prefix: string;
  readonly hash: Buffer;
  readonly scopes: string;
  readonly user_id: number | null;
  readonly org_id: number | null;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly created_at: number;
  readonly disabled: number;
}

export class ApiKeyTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  all(): ApiKeyRecord[] {
    return this.#db.prepare<[], ApiKeyRecord>('SELECT * FROM api_keys ORDER BY id DESC').all();
  }

  get(id: number): ApiKeyRecord | undefined {
    return this.#db.prepare<[number], ApiKeyRecord>('SELECT * FROM api_keys WHERE id = ?').get(id);
  }

  insert(key: Omit<ApiKeyRecord, 'id' | 'last_used_at' | 'disabled'>): number {
    const { lastInsertRowid } = this.#db
      .prepare(
        `INSERT INTO api_keys (name, prefix, hash, scopes, user_id, org_id, expires_at, created_at)
         VALUES (@name, @prefix, @hash, @scopes, @user_id, @org_id, @expires_at, @created_at)`,
      )
      .run(key);
    return Number(lastInsertRowid);
  }

  disable(id: number): void {
    this.#db.prepare('UPDATE api_keys SET disabled = 1 WHERE id = ?').run(id);
  }

  /** Several keys in one transaction: last use is written in batches, off the request path. */
  touch(uses: ReadonlyMap<number, number>): void {
    const statement = this.#db.prepare('UPDATE api_keys SET last_used_at = ? WHERE id = ?');
    this.#db.transaction(() => {
      for (const [id, at] of uses) statement.run(at, id);
    })();
  }
}
