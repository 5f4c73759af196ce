import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerEngine } from './docker-engine.ts';
import { readEvent, type ContainerNews } from './engine-events.ts';
import { linesOf } from './json-lines.ts';

/** While the engine is down: a look that costs one failed connection. */
const DOWN_POLL_MS = 3000;
/** While containers of ours depend on a stream that is broken. */
const BROKEN_POLL_MS = 700;

/**
 * Follows the engine: its events while it is up, and whether it came up while it is down. One stream serves all; it runs
 * only while somebody holds it.
 */
export class EngineWatch implements AsyncDisposable {
  readonly #engine: DockerEngine;
  readonly #containers = new Map<string, (news: ContainerNews) => void>();
  #holders = 0;
  #running: { readonly controller: AbortController; readonly done: Promise<void> } | null = null;

  constructor(engine: DockerEngine) {
    this.#engine = engine;
  }

  hold(): Disposable {
    this.#holders += 1;
    if (this.#running === null) {
      const controller = new AbortController();
      this.#running = { controller, done: this.#follow(controller.signal) };
    }
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (isHeld) this.#holders -= 1;
        isHeld = false;
        if (this.#holders > 0) return;
        this.#running?.controller.abort();
        this.#running = null;
      },
    };
  }

  onContainer(id: string, listener: (news: ContainerNews) => void): Disposable {
    const hold = this.hold();
    this.#containers.set(id, listener);
    return {
      [Symbol.dispose]: () => {
        this.#containers.delete(id);
        hold[Symbol.dispose]();
      },
    };
  }

  async #follow(signal: AbortSignal): Promise<void> {
    let since: number | null = null;
    while (!signal.aborted) {
      try {
        const { problem } = await this.#engine.status(signal, 1);
        if (problem === 'ok') since = await this.#listen(since, signal);
        this.#allUnsure();
        const isCalm = problem !== 'ok' && this.#containers.size === 0;
        await sleep(isCalm ? DOWN_POLL_MS : BROKEN_POLL_MS, undefined, { signal });
      } catch {
        // Left by the last holder: there is nobody to tell.
      }
    }
  }

  /** Until the stream ends. Returns the second of its last event, from where the next one goes on. */
  async #listen(since: number | null, signal: AbortSignal): Promise<number | null> {
    let last = since;
    try {
      const stream = await this.#engine.call(signal, async ({ docker }) =>
        docker.getEvents({
          filters: JSON.stringify({ type: ['container'] }),
          ...(since === null ? {} : { since }),
          abortSignal: signal,
        }),
      );
      // What happened before the stream stood is in no event.
      this.#allUnsure();
      for await (const line of linesOf(stream)) last = this.#read(line) ?? last;
    } catch {
      // The engine went away; the next look says so.
    }
    return last;
  }

  #read(line: string): number | null {
    const event = readEvent(line);
    if (event?.news) this.#containers.get(event.id)?.(event.news);
    return event?.time ?? null;
  }

  #allUnsure(): void {
    for (const listener of this.#containers.values()) listener('unsure');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#running;
    this.#running = null;
    running?.controller.abort();
    await running?.done;
  }
}
