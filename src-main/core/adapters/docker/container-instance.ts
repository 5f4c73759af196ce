import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineInstance, InstanceEnd } from '../../ports/runtimes.ts';
import { ContainerLog, type LogTarget } from './container-log.ts';
import { removeContainer } from './container-removal.ts';
import type { DockerEngine } from './docker-engine.ts';
import type { ContainerNews } from './engine-events.ts';
import type { EngineWatch } from './engine-watch.ts';
import { faultOf, isRefused } from './faults.ts';
import { hostProcessOf, isGone, residentBytesOfTree, type HostProcess } from './host-process.ts';

/** A container that runs, or ran a moment ago. */
export interface RunningContainer {
  readonly id: string;
  readonly name: string;
  /** 0 for one that ended before its port could be read. */
  readonly port: number;
  /** As the engine says it. */
  readonly pid: number;
}

/** The log of a container that is gone may still be on its way. */
const LAST_LINES_MS = 1000;
const RETRY_MS = 500;
const STILL_THERE_MS = 10_000;

/** One of our engines in a container. Its end is told by three witnesses: `wait`, the events, and a look when in doubt. */
export class ContainerInstance implements EngineInstance, AsyncDisposable {
  readonly started = null;
  readonly container: { readonly id: string; readonly name: string };
  readonly port: number;
  readonly pid: number | null;
  readonly ended: Promise<InstanceEnd>;
  readonly #engine: DockerEngine;
  readonly #log: ContainerLog;
  readonly #host: HostProcess | null;
  readonly #over = Promise.withResolvers<InstanceEnd>();
  readonly #leaving = new AbortController();
  #isOver = false;
  #isStopping = false;
  #ranOutOfMemory = false;
  #exitCode: number | null = null;
  #looking: Promise<void> | null = null;

  constructor(engine: DockerEngine, watch: EngineWatch, container: RunningContainer, target: LogTarget) {
    this.#engine = engine;
    this.container = { id: container.id, name: container.name };
    this.port = container.port;
    this.#host = hostProcessOf(container.id, container.pid);
    this.pid = this.#host?.pid ?? null;
    this.#log = new ContainerLog(engine, container.id, target);
    this.ended = this.#live(watch);
  }

  async #live(watch: EngineWatch): Promise<InstanceEnd> {
    const log = this.#log.follow(async () => this.#looksOver());
    const exit = this.#awaitExit();
    using _news = watch.onContainer(this.container.id, (news) => this.#hear(news));
    const end = await this.#over.promise;
    await Promise.race([log, sleep(LAST_LINES_MS)]);
    this.#leaving.abort();
    await exit;
    await this.#log[Symbol.asyncDispose]();
    if (!end.removed) await this.#remove();
    return end;
  }

  #hear(news: ContainerNews): void {
    if (news === 'oom') this.#ranOutOfMemory = true;
    void this.#look();
  }

  async #awaitExit(): Promise<void> {
    const { signal } = this.#leaving;
    while (!this.#isOver && !signal.aborted) {
      try {
        const said = (await this.#engine.call(signal, async ({ docker }) =>
          docker.getContainer(this.container.id).wait({ abortSignal: signal }),
        )) as { StatusCode?: number };
        this.#exitCode = said.StatusCode ?? null;
      } catch {
        // The look below says whether it is gone or the engine is.
      }
      await this.#look();
      if (!this.#isOver) await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #looksOver(): Promise<boolean> {
    await this.#look();
    return this.#isOver;
  }

  /** Asks the engine what became of the container; several who ask at once share one look. */
  async #look(): Promise<void> {
    if (this.#isOver || this.#leaving.signal.aborted) return;
    this.#looking ??= this.#inspect().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  async #inspect(): Promise<void> {
    const { signal } = this.#leaving;
    try {
      const { State: state } = await this.#engine.call(signal, async ({ docker }) =>
        docker.getContainer(this.container.id).inspect({ abortSignal: signal }),
      );
      if (state.Running || state.Paused || state.Restarting || state.Status === 'created') return;
      const isGoing = state.Status === 'removing' || state.Dead;
      this.#settle(state.ExitCode, state.OOMKilled, isGoing);
    } catch (error) {
      if (isRefused(error, 404)) this.#settle(this.#exitCode, false, true);
      // The engine is gone, and took the container with it; or the container lives on until the engine is back.
      else if (!signal.aborted && this.#host !== null && isGone(this.#host)) this.#settle(this.#exitCode, false, false);
    }
  }

  #settle(code: number | null, outOfMemory: boolean, isRemoved: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over.resolve({
      ...endOfCode(code),
      spawnError: null,
      outOfMemory: outOfMemory || this.#ranOutOfMemory,
      removed: isRemoved && !this.#isStopping,
    });
  }

  async #remove(): Promise<void> {
    const signal = AbortSignal.timeout(STILL_THERE_MS);
    // What cannot be removed now is found by its labels at the next start.
    await removeContainer(this.#engine, this.container.id, signal).catch(() => undefined);
  }

  residentBytes(): number | null {
    return this.#host === null || this.#isOver ? null : residentBytesOfTree(this.#host.pid);
  }

  /** Rejects with `docker_unavailable` when the engine went away and the container outlives it. */
  async stop(graceMs: number): Promise<InstanceEnd> {
    if (this.#isOver) return this.ended;
    // An engine takes a second signal for impatience and breaks off: whoever comes later waits, and forces it in his time.
    if (this.#isStopping) return this.#hasten(graceMs);
    this.#isStopping = true;
    const signal = AbortSignal.timeout(graceMs + STILL_THERE_MS);
    try {
      await this.#engine.call(signal, async ({ docker }) =>
        docker.getContainer(this.container.id).stop({ t: Math.ceil(graceMs / 1000), abortSignal: signal }),
      );
    } catch (error) {
      await this.#look();
      // 304: stopped already; 404 and 409: gone, or just going. Anything else, and a stop that never ends, is forced.
      const isForced = signal.aborted || (faultOf(error).kind === 'refused' && !isRefused(error, 304, 404, 409));
      if (isForced) await this.#force();
      else if (!this.#isOver && faultOf(error).kind !== 'refused') {
        this.#isStopping = false;
        throw error;
      }
    }
    await this.#look();
    return this.ended;
  }

  async #hasten(graceMs: number): Promise<InstanceEnd> {
    const first = await Promise.race([this.#over.promise, sleep(graceMs, 'late' as const)]);
    if (first === 'late' && !this.#isOver) await this.#force();
    await this.#look();
    return this.ended;
  }

  async #force(): Promise<void> {
    await removeContainer(this.#engine, this.container.id, AbortSignal.timeout(STILL_THERE_MS));
  }

  /** Leaves the container running; `ended` stays open. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort();
    await this.#log[Symbol.asyncDispose]();
  }
}

/** Docker folds a signal into the exit code, as a shell does: 128 and its number. */
function endOfCode(code: number | null): Pick<InstanceEnd, 'exitCode' | 'signal'> {
  const name = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0] ?? null;
  return name === null ? { exitCode: code, signal: null } : { exitCode: null, signal: name };
}
