import type { Store } from './open.ts';

const KEPT_PER_MODEL = 20;
const LOOKED_AT = 5;

/** How long earlier loads of the same file on the same engine took. */
export class LoadHistoryTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  add(modelId: number, fingerprint: string, loadMs: number, now: number): void {
    this.#db
      .prepare('INSERT INTO load_history (model_id, fingerprint, load_ms, loaded_at) VALUES (?, ?, ?, ?)')
      .run(modelId, fingerprint, Math.round(loadMs), now);
    this.#db
      .prepare(
        `DELETE FROM load_history WHERE model_id = @modelId AND id NOT IN
           (SELECT id FROM load_history WHERE model_id = @modelId ORDER BY id DESC LIMIT @kept)`,
      )
      .run({ modelId, kept: KEPT_PER_MODEL });
  }

  /** The median of the last loads in milliseconds; null before the first. */
  expectedMs(modelId: number, fingerprint: string): number | null {
    const loads = this.#db
      .prepare<[number, string, number], { load_ms: number }>(
        'SELECT load_ms FROM load_history WHERE model_id = ? AND fingerprint = ? ORDER BY id DESC LIMIT ?',
      )
      .all(modelId, fingerprint, LOOKED_AT)
      .map((record) => record.load_ms)
      .toSorted((a, b) => a - b);
    return loads[Math.floor(loads.length / 2)] ?? null;
  }
}
