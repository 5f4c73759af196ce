/** Values to whoever listens, from when they begin to. */
export class Channel<Value> {
  readonly #listeners = new Set<(value: Value) => void>();

  send(value: Value): void {
    for (const listener of this.#listeners) listener(value);
  }

  async *follow(signal: AbortSignal | undefined): AsyncGenerator<Value> {
    const waiting: Value[] = [];
    let wake = () => {};
    const listener = (value: Value) => {
      waiting.push(value);
      wake();
    };
    signal?.addEventListener('abort', () => wake());
    this.#listeners.add(listener);
    try {
      for (;;) {
        if (signal?.aborted === true) return;
        for (const value of waiting.splice(0)) yield value;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (waiting.length > 0 || signal?.aborted === true) resolve();
        });
      }
    } finally {
      this.#listeners.delete(listener);
    }
  }
}
