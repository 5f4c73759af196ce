import type { KnownFlags } from '../../domain/engine/driver.ts';
import type { EngineName } from '../../domain/engine/field-table.ts';
import type { Store } from './open.ts';

interface FlagRow {
  version: string | null;
  flags: string;
}

/** The flags engines named when asked: by an image's id, or by a binary's path, size and time. */
export class EngineFlagTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  save(engine: string, engineType: EngineName, { version, flags }: KnownFlags, now: number): void {
    const choices = Object.fromEntries([...flags].map(([spelling, flag]) => [spelling, flag.choices]));
    this.#db
      .prepare(
        `INSERT INTO engine_flags (engine, engine_type, version, flags, read_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (engine) DO UPDATE SET engine_type = excluded.engine_type, version = excluded.version,
           flags = excluded.flags, read_at = excluded.read_at`,
      )
      .run(engine, engineType, version, JSON.stringify(choices), now);
  }

  get(engine: string, engineType: EngineName): KnownFlags | null {
    const row = this.#db
      .prepare<[string, string], FlagRow>(
        'SELECT version, flags FROM engine_flags WHERE engine = ? AND engine_type = ?',
      )
      .get(engine, engineType);
    if (!row) return null;
    const choices = JSON.parse(row.flags) as Record<string, readonly string[] | null>;
    return {
      version: row.version,
      flags: new Map(Object.entries(choices).map(([spelling, named]) => [spelling, { choices: named }])),
    };
  }

  remove(engine: string): void {
    this.#db.prepare('DELETE FROM engine_flags WHERE engine = ?').run(engine);
  }
}
