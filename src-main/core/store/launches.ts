import type { Store } from './open.ts';

/** One engine, written down before it starts and deleted when it is gone. Times are epoch milliseconds. */
export interface LaunchRecord {
  readonly id: string;
  readonly model_id: number;
  readonly pid: number | null;
  readonly pid_started: string | null;
  readonly executable: string;
  readonly port: number;
  readonly runtime: 'process' | 'container';
  readonly container_id: string | null;
  readonly started_at: number;
}

export class LaunchTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  insert(launch: Omit<LaunchRecord, 'pid' | 'pid_started' | 'container_id'>): void {
    this.#db
      .prepare(
        `INSERT INTO launches (id, model_id, executable, port, runtime, started_at)
         VALUES (@id, @model_id, @executable, @port, @runtime, @started_at)`,
      )
      .run(launch);
  }

  setProcess(id: string, pid: number, started: string | null): void {
    this.#db.prepare('UPDATE launches SET pid = ?, pid_started = ? WHERE id = ?').run(pid, started, id);
  }

  setContainer(id: string, containerId: string, port: number): void {
    this.#db.prepare('UPDATE launches SET container_id = ?, port = ? WHERE id = ?').run(containerId, port, id);
  }

  delete(id: string): void {
    this.#db.prepare('DELETE FROM launches WHERE id = ?').run(id);
  }

  all(): LaunchRecord[] {
    return this.#db.prepare<[], LaunchRecord>('SELECT * FROM launches').all();
  }
}
