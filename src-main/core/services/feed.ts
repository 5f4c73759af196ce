/**
 * One publisher, any number of watchers. A watcher that reads slowly does not make the publisher wait, and does not pile
 * up memory without end: what it has not read yet is merged by `merge` (for state: the newest wins a key; for lines: a
 * bounded tail).
 */
export class Feed<T> {
  readonly #watchers = new Set<(item: T) => void>();
  readonly #merge: (waiting: T[], item: T) => T[];

  constructor(merge: (waiting: T[], item: T) => T[] = (waiting, item) => [...waiting, item]) {
    this.#merge = merge;
  }

  get watched(): boolean {
    return this.#watchers.size > 0;
  }

  publish(item: T): void {
    for (const watcher of this.#watchers) watcher(item);
  }

  /** `first` is read at the moment the subscription begins, so nothing is lost between the snapshot and the deltas. */
  async *watch(first: () => readonly T[], signal: AbortSignal): AsyncGenerator<T, void, void> {
    let waiting: T[] = [];
    let wake: () => void = () => undefined;
    const onItem = (item: T) => {
      waiting = this.#merge(waiting, item);
      wake();
    };
    const onAbort = () => wake();
    this.#watchers.add(onItem);
    signal.addEventListener('abort', onAbort);
    try {
      waiting.push(...first());
      while (!signal.aborted) {
        const batch = waiting;
        waiting = [];
        yield* batch;
        if (waiting.length === 0 && !signal.aborted) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#watchers.delete(onItem);
      signal.removeEventListener('abort', onAbort);
    }
  }
}
