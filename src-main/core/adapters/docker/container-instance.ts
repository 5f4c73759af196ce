import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { pause } from '../../ports/clock.ts';
import type Docker from 'dockerode';
import { AppError } from '../../../contract/errors.ts';
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
const PULSE_MS = 500;
const LATE_MS = 1000;
const LOOK_MS = 3000;
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
  /** Whether the engine went away since it was last seen with this container alive. */
  #isEngineLost = false;
  #exitCode: number | null = null;
  #looking: Promise<void> | null = null;
  #pulse: NodeJS.Timeout | undefined;

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
    this.#pulse = setInterval(() => this.#feelPulse(), PULSE_MS);
    using _news = watch.onContainer(this.container.id, (news) => this.#hear(news));
    const end = await this.#over.promise;
    clearInterval(this.#pulse);
    await Promise.race([log, sleep(LAST_LINES_MS)]);
    this.#leaving.abort();
    await exit;
    await this.#log[Symbol.asyncDispose]();
    if (!end.removed) await this.#remove();
    return end;
  }

  /** The kernel knows at once, also when the engine is gone or has lost sight of its container. */
  #feelPulse(): void {
    if (this.#host !== null && isGone(this.#host)) void this.#look();
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
      } catch (error) {
        // The look below says whether it is gone or the engine is.
        this.#noteLoss(error);
      }
      await this.#look();
      if (!this.#isOver) await pause(RETRY_MS, signal);
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
      const state = await this.#readState(signal);
      if (state.Running || state.Paused || state.Restarting || state.Status === 'created') {
        this.#isEngineLost = false;
        return;
      }
      const isGoing = state.Status === 'removing' || state.Dead;
      this.#settle(state.ExitCode, state.OOMKilled, isGoing);
    } catch (error) {
      this.#noteLoss(error);
      if (isRefused(error, 404)) this.#settle(this.#exitCode, false, true);
      // The engine is gone, and took the container with it; or the container lives on until the engine is back.
      else if (!signal.aborted && this.#host !== null && isGone(this.#host)) this.#settle(this.#exitCode, false, false);
    }
  }

  #noteLoss(error: unknown): void {
    if (error instanceof AppError && error.code === 'docker_unavailable') this.#isEngineLost = true;
  }

  /** An engine may be a moment late to know of a death. One that never will does not know the exit code either. */
  async #readState(signal: AbortSignal): Promise<Docker.ContainerInspectInfo['State']> {
    const read = async () => {
      // An engine that is busy with a container keeps everybody else waiting who asks for it.
      const soon = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
      return this.#engine.call(soon, async ({ docker }) =>
        docker.getContainer(this.container.id).inspect({ abortSignal: soon }),
      );
    };
    const { State: state } = await read();
    if (!state.Running || this.#host === null || !isGone(this.#host)) return state;
    await sleep(LATE_MS, undefined, { signal });
    const { State: later } = await read();
    if (!later.Running) return later;
    this.#settle(null, false, false);
    return later;
  }

  #settle(code: number | null, outOfMemory: boolean, isRemoved: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over.resolve({
      ...endOfCode(code),
      spawnError: null,
      outOfMemory: outOfMemory || this.#ranOutOfMemory,
      removed: isRemoved && !this.#isStopping,
      runtimeLost: this.#isEngineLost && !this.#isStopping,
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
    const refusal = await Promise.race([this.#askToStop(graceMs), this.#over.promise.then(() => null)]);
    if (refusal !== null && !this.#isOver) await this.#insist(refusal);
    await this.#look();
    return this.ended;
  }

  /** Null once it is stopped; what stood against it otherwise. */
  async #askToStop(graceMs: number): Promise<{ readonly error: unknown; readonly isLate: boolean } | null> {
    const signal = AbortSignal.timeout(graceMs + STILL_THERE_MS);
    try {
      await this.#engine.call(signal, async ({ docker }) =>
        docker.getContainer(this.container.id).stop({ t: Math.ceil(graceMs / 1000), abortSignal: signal }),
      );
      return null;
    } catch (error) {
      await this.#look();
      return { error, isLate: signal.aborted };
    }
  }

  async #insist({ error, isLate }: { readonly error: unknown; readonly isLate: boolean }): Promise<void> {
    // 304: stopped already; 404 and 409: gone, or just going.
    if (isRefused(error, 304, 404, 409)) return;
    if (isLate || faultOf(error).kind === 'refused') {
      await this.#force();
      return;
    }
    this.#isStopping = false;
    throw error;
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
    clearInterval(this.#pulse);
    await this.#log[Symbol.asyncDispose]();
  }
}

/** Docker folds a signal into the exit code, as a shell does: 128 and its number. */
function endOfCode(code: number | null): Pick<InstanceEnd, 'exitCode' | 'signal'> {
  const name = Object.entries(constants.signals).find(([, number]) => code === 128 + number)?.[0] ?? null;
  return name === null ? { exitCode: code, signal: null } : { exitCode: null, signal: name };
}
