import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../contract/errors.ts';
import type { OrphanContainer } from '../../../contract/docker.ts';
import type { DiagnosedLogs, Readiness, StartAnswer } from '../../../contract/models.ts';
import type { RouteTable } from '../../../domain/gateway/routing.ts';
import type { ModelRecord } from '../../store/models.ts';
import { LastUsed } from './last-used.ts';
import { dockerUnavailable } from './launch-plan.ts';
import { LiveRoutes } from './live-routes.ts';
import { routeOf } from './route-of-model.ts';
import type { LineBatch } from './log-ring.ts';
import { ModelLife, type LifeSources } from './model-life.ts';
import { diagnosedLogs, logText, watchLines, type LoggedModel } from './model-logs.ts';
import { Reconciler } from './reconcile.ts';

const START_WAIT_MS = 30_000;

export interface SupervisorOptions extends Omit<LifeSources, 'changed' | 'logFileOf'> {
  /** Where `<model id>.log` is kept. */
  readonly logDir: string;
  /** Whether containers run on when the program ends. */
  readonly leaveContainers: () => boolean;
}

/** A running engine, for whoever shows engines. */
export interface EngineProcessFacts {
  readonly modelId: number;
  readonly servedName: string;
  /** Null for a container whose runtime does not say. */
  readonly pid: number | null;
  readonly port: number;
  readonly origin: string;
  readonly authorization: string;
}

/** Starts, watches and ends the engines of all models. */
export class Supervisor implements AsyncDisposable {
  readonly #options: SupervisorOptions;
  readonly #sources: LifeSources;
  readonly #lives = new Map<number, ModelLife>();
  readonly #routes = new LiveRoutes();
  readonly #listeners = new Set<(modelId: number) => void>();
  readonly #lastUsed: LastUsed;
  readonly #reconciler: Reconciler;
  readonly #docker: Disposable;
  readonly #background = new AbortController();
  #closing = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#sources = {
      ...options,
      logFileOf: (id) => this.#logFile(id),
      changed: (id) => this.refresh(id),
    };
    this.#lastUsed = new LastUsed(options.models, options.clock, (id) => this.refresh(id));
    this.#reconciler = new Reconciler({
      ...options,
      life: (id) => this.life(id),
    });
    for (const model of options.models.all()) this.refresh(model.id);
    this.#docker = options.containers.onStatus((status) => {
      if (status.problem === 'ok') void this.#dockerCameUp();
    });
  }

  /** For the gateway: every model that may be asked for, with its engine. */
  get routes(): RouteTable {
    return this.#routes;
  }

  /**
   * Once, before anything is started: ends processes that a killed program left behind, takes up its containers, and
   * brings the stored states back to the truth. A failure stays explained.
   */
  async recover(signal: AbortSignal): Promise<void> {
    const { launches, models, processes, log } = this.#options;
    const left = launches.all().filter((launch) => launch.runtime === 'process');
    const traces = left.map((launch) => ({
      launchId: launch.id,
      pid: launch.pid,
      started: launch.pid_started,
      executable: launch.executable,
    }));
    const ended = await processes.endStrays(traces, signal);
    if (ended.length > 0) log.warn({ pids: ended }, 'ended engines of a program that was killed');
    for (const launch of left) launches.delete(launch.id);
    this.#reconciler.resetStates();
    for (const model of models.all()) {
      // What was read before is from before the recovery.
      this.#lives.delete(model.id);
      this.refresh(model.id);
    }
    this.#recovered = true;
    // Looking into Docker is dear; nothing of ours is in it where nothing says so.
    if (!launches.all().some((launch) => launch.runtime === 'container')) return;
    await this.#reconciler.run(signal).catch((error: unknown) => {
      // A Docker that hangs must not keep the program from starting: it is asked again when it comes up.
      log.warn({ err: error }, 'containers could not be looked for yet');
    });
  }

  #recovered = false;

  /** Containers that outlived an end of Docker are found again, and what should run with the program is started. */
  async #dockerCameUp(): Promise<void> {
    if (!this.#recovered || this.#closing || !this.#usesContainers()) return;
    const { signal } = this.#background;
    await this.#reconciler.run(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#options.log.error({ err: error }, 'containers could not be reconciled');
    });
    this.startAutomatic();
  }

  #usesContainers(): boolean {
    const { launches, models } = this.#options;
    return (
      launches.all().some((launch) => launch.runtime === 'container') ||
      models.all().some((model) => model.runtime === 'container')
    );
  }

  /**
   * Starts the models that are to run whenever the program does, and those that a killed program could not restart any
   * more; one that was tried or stopped before stays as it is.
   */
  startAutomatic(): void {
    for (const model of this.#options.models.all()) {
      if (model.archived || this.#tried.has(model.id) || !this.#isWanted(model)) continue;
      this.start(model.id).catch((error: unknown) => {
        // What waits for Docker is tried again when it comes up.
        if (error instanceof AppError && error.code === 'docker_unavailable') this.#tried.delete(model.id);
        else if (!(error instanceof AppError)) this.#options.log.error({ err: error }, 'an automatic start failed');
      });
    }
  }

  #isWanted({ id, fields }: ModelRecord): boolean {
    if (fields['auto_start'] === true) return true;
    return fields['restart_policy'] === 'on_failure' && this.#reconciler.wasInterrupted(id);
  }

  /** Models that somebody started or stopped since the program began. */
  readonly #tried = new Set<number>();

  orphans(signal: AbortSignal): Promise<OrphanContainer[]> {
    return this.#reconciler.orphans(signal);
  }

  removeOrphan(id: string, signal: AbortSignal): Promise<void> {
    return this.#reconciler.removeOrphan(id, signal);
  }

  /**
   * Starts a model and waits for a final state; answers with the one really reached. A model that runs or starts already
   * is not started twice. Throws AppError where it cannot be tried.
   */
  async start(id: number, options: { readonly waitMs?: number } = {}): Promise<StartAnswer> {
    if (this.#closing) throw new AppError('shutting_down', {});
    const model = this.#model(id);
    if (model.archived) throw new AppError('model_archived', { id });
    this.#tried.add(id);
    const life = this.life(id);
    const waiting = new AbortController();
    const timeUp = sleep(options.waitMs ?? START_WAIT_MS, undefined, { signal: waiting.signal }).catch(() => undefined);
    try {
      await Promise.race([life.start(), timeUp]);
    } finally {
      waiting.abort();
    }
    return {
      status: life.state,
      port: life.launch?.port ?? null,
      container: life.launch?.container?.name ?? null,
      error: life.state === 'failed' ? life.detail : null,
      diagnosis: life.diagnosis,
    };
  }

  /** Resolves when no engine of this model is left. Throws AppError `docker_unavailable` where that cannot be done now. */
  async stop(id: number): Promise<void> {
    this.#model(id);
    this.#tried.add(id);
    const life = this.life(id);
    await life.stop();
    if (!life.isStuck) return;
    const status = await this.#options.containers.status(this.#background.signal);
    if (status.problem !== 'ok') {
      const detail = `${status.detail} The model is stopped as soon as Docker answers again.`;
      throw dockerUnavailable({ ...status, detail });
    }
    // It is back already.
    await this.#reconciler.run(this.#background.signal);
  }

  readiness(id: number): Readiness {
    this.#model(id);
    const { state, progress, detail, engine, launch } = this.life(id);
    switch (state) {
      case 'running':
        if (launch !== null && launch.silentSince !== null)
          return { status: 'error', detail: engine?.notices[0] ?? 'Silent' };
        return { status: 'ready', detail: engine?.slots ? `Ready, ${engine.slots} slots` : 'Ready' };
      case 'starting':
      case 'loading':
        return { status: 'loading', detail: progress?.phase ?? 'Loading' };
      case 'stopping':
        return { status: 'stopped', detail: 'Stopping' };
      case 'stopped':
        return { status: 'stopped', detail: detail ?? 'Not started' };
      case 'failed':
        return { status: 'error', detail: detail ?? 'The engine failed' };
    }
  }

  /** Recent log lines as one text. */
  logs(id: number): Promise<string> {
    return logText(this.#logged(id));
  }

  diagnosedLogs(id: number): Promise<DiagnosedLogs> {
    return diagnosedLogs(this.#logged(id));
  }

  watchLogs(id: number, signal: AbortSignal): AsyncGenerator<LineBatch, void, void> {
    return watchLines(this.#logged(id), signal);
  }

  #logged(id: number): LoggedModel {
    return { model: this.#model(id), life: this.life(id), file: this.#logFile(id) };
  }

  /** A request went to this model. */
  touch(id: number): void {
    this.#lastUsed.note(id);
  }

  /** The life of a model that exists. */
  life(id: number): ModelLife {
    const known = this.#lives.get(id);
    if (known) return known;
    const life = new ModelLife(this.#model(id), this.#sources);
    this.#lives.set(id, life);
    return life;
  }

  /** Called with the id of every model of which something is different. */
  onChange(listener: (modelId: number) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Reads the stored model again: its route follows its name, defaults and state at once. */
  refresh(id: number): void {
    const model = this.#options.models.get(id);
    if (!model || model.archived) this.#routes.delete(id);
    else this.#routes.set(routeOf(model, this.life(id)));
    for (const listener of this.#listeners) listener(id);
  }

  /** Before a model is deleted: ends it, and nobody can start it any more. */
  async retire(id: number): Promise<void> {
    await this.life(id).retire(new AppError('not_found', { what: `Model ${id}` }));
  }

  /** After a model was deleted; of its files only our own log goes. */
  async forget(id: number): Promise<void> {
    this.#lives.get(id)?.[Symbol.dispose]();
    this.#lives.delete(id);
    this.#lastUsed.forget(id);
    this.refresh(id);
    for (const suffix of ['', '.1', '.2']) await rm(`${this.#logFile(id)}${suffix}`, { force: true });
  }

  /** The engines that exist now. */
  engineProcesses(): EngineProcessFacts[] {
    return [...this.#lives.values()].flatMap(({ id, launch }) => {
      const servedName = this.#options.models.get(id)?.servedModelName;
      if (!launch || servedName === undefined) return [];
      return [{ modelId: id, servedName, pid: launch.pid, port: launch.port, ...launch.target }];
    });
  }

  #model(id: number): ModelRecord {
    const model = this.#options.models.get(id);
    if (!model) throw new AppError('not_found', { what: `Model ${id}` });
    return model;
  }

  #logFile(id: number): string {
    return join(this.#options.logDir, `${id}.log`);
  }

  /**
   * Ends every engine; no new one is started from here on. Within about the grace a stop has, whatever their number.
   * Where `leaveContainers` says so, what runs in a container runs on.
   */
  async shutdown(leaveContainers = false): Promise<void> {
    this.#closing = true;
    this.#background.abort();
    this.#docker[Symbol.dispose]();
    const reason = new AppError('shutting_down', {});
    const lives = [...this.#lives.values()];
    await Promise.all(lives.map((life) => (leaveContainers ? life.leave(reason) : life.retire(reason))));
    this.#lastUsed[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown(this.#options.leaveContainers());
    for (const life of this.#lives.values()) life[Symbol.dispose]();
  }
}
