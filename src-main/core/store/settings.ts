import type { z } from 'zod';
import type { Store } from './open.ts';

/** Small facts by name, each JSON; a value that no longer fits its schema reads as absent. */
export class SettingTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  read<T>(key: string, schema: z.ZodType<T>): T | null {
    const record = this.#db.prepare<[string], { value: string }>('SELECT value FROM settings WHERE key = ?').get(key);
    if (!record) return null;
    const parsed = schema.safeParse(JSON.parse(record.value));
    return parsed.success ? parsed.data : null;
  }

  write(key: string, value: unknown): void {
    this.#db
      .prepare('INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
      .run(key, JSON.stringify(value));
  }
}
