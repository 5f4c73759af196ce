import { copyFileSync, existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { MIGRATIONS } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

export type Store = Database.Database;

/** The file was written by a later version of the program; nothing was changed. */
export class NewerDatabaseError extends Error {
  constructor(path: string, found: number, known: number) {
    super(
      `${path} was written by a newer version of Cortex (schema ${found}, this program knows ${known}). ` +
        'Update the program, or start it with another --data-dir.',
    );
    this.name = 'NewerDatabaseError';
  }
}

/** The file is no database, or part of it was overwritten. */
export class DamagedDatabaseError extends Error {
  constructor(path: string, cause: Error) {
    super(
      `${path} is damaged (${cause.message}). Move it aside, or put a copy in its place (${path}.before-N is one from before an update), and start again.`,
      { cause },
    );
    this.name = 'DamagedDatabaseError';
  }
}

/** SQLite's complaint about a damaged file as a `DamagedDatabaseError`; any other error as it is. */
export function damageOr(path: string, error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  const isDamage = typeof code === 'string' && /^SQLITE_(?:NOTADB|CORRUPT)/.test(code);
  return isDamage && error instanceof Error ? new DamagedDatabaseError(path, error) : error;
}

/**
 * Opens the database and brings it to this program's schema: forward only, all pending steps in one transaction, with a
 * copy of the file (`cortex.db.before-N`) made first when there is anything to lose.
 */
export function openStore(path: string, migrations: readonly Migration[] = MIGRATIONS): Store {
  const isNew = !existsSync(path);
  const db = new Database(path);
  try {
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    db.pragma('foreign_keys = ON');
    db.pragma('busy_timeout = 5000');
    migrate(db, path, isNew, migrations);
  } catch (error) {
    db.close();
    throw damageOr(path, error);
  }
  return db;
}

function migrate(db: Store, path: string, isNew: boolean, migrations: readonly Migration[]): void {
  const current = db.pragma('user_version', { simple: true }) as number;
  const newest = migrations.at(-1)?.version ?? 0;
  if (current > newest) throw new NewerDatabaseError(path, current, newest);
  const pending = migrations.filter((migration) => migration.version > current);
  if (pending.length === 0) return;
  if (!isNew && current > 0) {
    // The copy must hold what still sits in the write-ahead log.
    db.pragma('wal_checkpoint(TRUNCATE)');
    copyFileSync(path, `${path}.before-${newest}`);
  }
  db.transaction(() => {
    for (const migration of pending) {
      db.exec(migration.sql);
      db.pragma(`user_version = ${migration.version}`);
    }
  }).immediate();
}
