import type { Store } from './open.ts';

export interface SessionRecord {
  readonly hash: Buffer;
  readonly created_at: number;
  readonly last_seen_at: number;
  readonly expires_at: number;
}

/** Browser sessions by the hash of their cookie. */
export class SessionTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  all(now: number): SessionRecord[] {
    this.#db.prepare('DELETE FROM sessions WHERE expires_at <= ?').run(now);
    return this.#db.prepare<[], SessionRecord>('SELECT * FROM sessions').all();
  }

  save(session: SessionRecord): void {
    this.#db
      .prepare(
        `INSERT INTO sessions (hash, created_at, last_seen_at, expires_at) VALUES (@hash, @created_at, @last_seen_at, @expires_at)
         ON CONFLICT (hash) DO UPDATE SET last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at`,
      )
      .run(session);
  }

  remove(hash: Buffer): void {
    this.#db.prepare('DELETE FROM sessions WHERE hash = ?').run(hash);
  }
}
