import type { Clock } from '../../ports/clock.ts';
import type { ModelTable } from '../../store/models.ts';

const WRITE_MS = 2000;

/** When each model was last asked for anything: noted on every request, written down now and then, off the hot path. */
export class LastUsed implements Disposable {
  readonly #models: ModelTable;
  readonly #clock: Clock;
  readonly #written: (modelId: number) => void;
  readonly #waiting = new Map<number, number>();
  #timer: NodeJS.Timeout | null = null;

  /** `written` is called for each model whose time was written down. */
  constructor(models: ModelTable, clock: Clock, written: (modelId: number) => void) {
    this.#models = models;
    this.#clock = clock;
    this.#written = written;
  }

  note(modelId: number): void {
    this.#waiting.set(modelId, this.#clock.now());
    this.#timer ??= setTimeout(() => this.#write(), WRITE_MS);
  }

  forget(modelId: number): void {
    this.#waiting.delete(modelId);
  }

  #write(): void {
    const waiting = [...this.#waiting];
    this[Symbol.dispose]();
    for (const [id] of waiting) this.#written(id);
  }

  /** Writes what waits, and tells nobody. */
  [Symbol.dispose](): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    for (const [id, at] of this.#waiting) this.#models.saveLastUsed(id, at);
    this.#waiting.clear();
  }
}
