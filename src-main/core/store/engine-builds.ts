import type { BuildSource } from '../../contract/engines.ts';
import type { Store } from './open.ts';

/** An installed engine build as it is kept; whether it works is found out anew each time. */
export interface BuildRecord {
  readonly id: string;
  readonly version: string;
  readonly source: BuildSource;
  /** The folder of an installed build; the executable itself for one of the owner's own. */
  readonly path: string;
  /** SHA-256 of the executable when it was installed, as hex. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly isDefault: boolean;
  /** Epoch milliseconds. */
  readonly installedAt: number;
}

interface Row {
  id: string;
  version: string;
  source: BuildSource;
  path: string;
  digest: string;
  size_bytes: number;
  is_default: number;
  installed_at: number;
}

const ENGINE = 'llamacpp';

export class EngineBuildTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  /** The default first, then the newest. */
  list(): BuildRecord[] {
    return this.#db
      .prepare<[string], Row>(
        'SELECT * FROM engine_builds WHERE engine_type = ? ORDER BY is_default DESC, installed_at DESC, id',
      )
      .all(ENGINE)
      .map(toRecord);
  }

  get(id: string): BuildRecord | null {
    const row = this.#db.prepare<[string], Row>('SELECT * FROM engine_builds WHERE id = ?').get(id);
    return row ? toRecord(row) : null;
  }

  /** Adds a build or replaces what is known of it; the first one becomes the default. */
  save(build: Omit<BuildRecord, 'isDefault'>): void {
    this.#db
      .prepare(
        `INSERT INTO engine_builds (id, engine_type, version, source, path, digest, size_bytes, is_default, installed_at)
         VALUES (@id, '${ENGINE}', @version, @source, @path, @digest, @sizeBytes,
           NOT EXISTS (SELECT 1 FROM engine_builds WHERE engine_type = '${ENGINE}' AND is_default = 1), @installedAt)
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, source = excluded.source, path = excluded.path,
           digest = excluded.digest, size_bytes = excluded.size_bytes, installed_at = excluded.installed_at`,
      )
      .run({ ...build });
  }

  setDefault(id: string): void {
    this.#db.transaction(() => {
      this.#db.prepare('UPDATE engine_builds SET is_default = 0 WHERE engine_type = ? AND is_default = 1').run(ENGINE);
      this.#db.prepare('UPDATE engine_builds SET is_default = 1 WHERE id = ?').run(id);
    })();
  }

  /** Removes a build; when it was the default, the newest of the others takes its place. */
  remove(id: string): void {
    this.#db.transaction(() => {
      this.#db.prepare('DELETE FROM engine_builds WHERE id = ?').run(id);
      const first = this.list()[0];
      if (first && !first.isDefault) this.setDefault(first.id);
    })();
  }
}

function toRecord(row: Row): BuildRecord {
  return {
    id: row.id,
    version: row.version,
    source: row.source,
    path: row.path,
    digest: row.digest,
    sizeBytes: row.size_bytes,
    isDefault: row.is_default === 1,
    installedAt: row.installed_at,
  };
}
