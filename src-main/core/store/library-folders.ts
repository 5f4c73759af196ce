import type { Store } from './open.ts';

/** The folders, besides the base directory, in which the owner lets models lie; real paths. */
export class LibraryFolderTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  list(): string[] {
    return this.#db
      .prepare<[], { path: string }>('SELECT path FROM library_folders ORDER BY added_at, path')
      .all()
      .map(({ path }) => path);
  }

  /** Adding one that is there changes nothing. @param addedAt epoch milliseconds. */
  add(path: string, addedAt: number): void {
    this.#db
      .prepare('INSERT INTO library_folders (path, added_at) VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(path, addedAt);
  }

  /** False where there was no such folder. */
  remove(path: string): boolean {
    return this.#db.prepare('DELETE FROM library_folders WHERE path = ?').run(path).changes > 0;
  }
}
