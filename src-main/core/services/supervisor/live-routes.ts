import type { RouteEntry, RouteTable } from '../../../domain/gateway/routing.ts';

/** The route table in memory: a look-up a request, changed only by the supervisor. */
export class LiveRoutes implements RouteTable {
  readonly #byId = new Map<number, RouteEntry>();
  #byName = new Map<string, RouteEntry>();
  #sorted: readonly RouteEntry[] | null = null;
  readonly #waiting = new Map<number, Set<() => void>>();

  get(servedName: string): RouteEntry | undefined {
    return this.#byName.get(servedName);
  }

  entries(): readonly RouteEntry[] {
    this.#sorted ??= [...this.#byId.values()].toSorted((a, b) => (a.servedName < b.servedName ? -1 : 1));
    return this.#sorted;
  }

  async changed(modelId: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(modelId) ?? new Set();
    this.#waiting.set(modelId, waiting.add(resolve));
    const wake = () => resolve();
    signal.addEventListener('abort', wake, { once: true });
    try {
      await promise;
    } finally {
      waiting.delete(resolve);
      signal.removeEventListener('abort', wake);
    }
  }

  set(entry: RouteEntry): void {
    this.#byId.set(entry.modelId, entry);
    this.#rebuild(entry.modelId);
  }

  delete(modelId: number): void {
    this.#byId.delete(modelId);
    this.#rebuild(modelId);
    this.#waiting.delete(modelId);
  }

  #rebuild(modelId: number): void {
    this.#byName = new Map([...this.#byId.values()].map((entry) => [entry.servedName, entry]));
    this.#sorted = null;
    for (const wake of this.#waiting.get(modelId) ?? []) wake();
  }
}
