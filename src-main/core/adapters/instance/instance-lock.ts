import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** Another running program holds this data directory. */
export class InstanceRunningError extends Error {
  constructor(dataDir: string, holder: string | null) {
    super(
      `Cortex is already running with the data directory ${dataDir}${holder === null ? '' : ` (${holder})`}. Use that one, stop it, or start this one with another --data-dir.`,
    );
    this.name = 'InstanceRunningError';
  }
}

/**
 * One program a data directory. The lock is a SQLite transaction on a file of its own, hence a lock of the operating
 * system: it ends with the process, however that ends, and leaves nothing stale behind.
 */
export class InstanceLock implements Disposable {
  readonly #db: Database.Database;
  readonly #notePath: string;

  constructor(dataDir: string) {
    this.#notePath = join(dataDir, 'instance.json');
    this.#db = new Database(join(dataDir, 'instance.lock'), { timeout: 0 });
    try {
      this.#db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      this.#db.close();
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
      throw new InstanceRunningError(dataDir, holderOf(this.#notePath));
    }
  }

  /** For the sentence a second instance says. */
  note(url: string): void {
    writeFileSync(this.#notePath, JSON.stringify({ pid: process.pid, url }), { mode: 0o600 });
  }

  [Symbol.dispose](): void {
    this.#db.close();
  }
}

function holderOf(notePath: string): string | null {
  try {
    const note = JSON.parse(readFileSync(notePath, 'utf8')) as { pid?: unknown; url?: unknown };
    return `process ${String(note.pid)}, ${String(note.url)}`;
  } catch {
    return null;
  }
}
