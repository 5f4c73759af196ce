import { randomBytes, randomUUID } from 'node:crypto';
import type { EngineFacts, LoadProgress } from '../../../contract/models.ts';
import type { EngineCommand, EngineEnd, LoggedFacts } from '../../../domain/engine/driver.ts';
import type { FieldValues } from '../../../domain/engine/field-table.ts';
import { shellLine } from '../../../domain/exchange/shell-line.ts';
import type { Clock } from '../../ports/clock.ts';
import { LABELS, type Containers, type FoundContainer } from '../../ports/containers.ts';
import type { EngineProcesses } from '../../ports/processes.ts';
import type { EngineInstance } from '../../ports/runtimes.ts';
import type { LaunchTable } from '../../store/launches.ts';
import type { LoadHistoryTable } from '../../store/load-history.ts';
import type { ModelRecord } from '../../store/models.ts';
import { keyIn, specOf } from './container-of-launch.ts';
import type { ContainerPlan } from './container-plan.ts';
import { freePort, untilReady } from './engine-probe.ts';
import type { LaunchPlan, LaunchSources, ProcessPlan } from './launch-plan.ts';
import { loadProgress } from './load-progress.ts';
import { watchLiveness } from './liveness.ts';
import type { LogRing } from './log-ring.ts';

export interface LaunchServices extends Pick<LaunchSources, 'ownerId'> {
  readonly launches: LaunchTable;
  readonly history: LoadHistoryTable;
  readonly processes: EngineProcesses;
  readonly containers: Containers;
  readonly clock: Clock;
  readonly logFileOf: (modelId: number) => string;
}

export interface LaunchContext {
  readonly plan: LaunchPlan;
  readonly model: ModelRecord;
  readonly services: LaunchServices;
  readonly log: LogRing;
  /** How often it was restarted before this one. */
  readonly restarts: number;
  /** Called whenever the log told something new. */
  readonly changed: () => void;
}

/** One engine from its start to its end. It exists only while it is written down, so that a stray is found. */
export class EngineLaunch implements Disposable {
  readonly plan: LaunchPlan;
  readonly #context: LaunchContext;
  readonly #id: string;
  readonly #key: string;
  readonly #startedAt: number;
  readonly #expectedMs: number | null;
  readonly #isAdopted: boolean;
  #instance: EngineInstance | null = null;
  #facts: LoggedFacts;
  #left = Promise.withResolvers<'left'>();
  #silentSince: number | null = null;

  private constructor(context: LaunchContext, id: string, key: string, adoptedFrom: number | null) {
    const { plan, model, services } = context;
    this.plan = plan;
    this.#context = context;
    this.#id = id;
    this.#key = key;
    this.#facts = plan.driver.initialFacts;
    this.#isAdopted = adoptedFrom !== null;
    this.#startedAt = adoptedFrom ?? services.clock.now();
    this.#expectedMs = services.history.expectedMs(model.id, plan.fingerprint);
  }

  /** Starts an engine. Rejects with AppError `docker_unavailable`, or the signal's reason; nothing is left then. */
  static async begin(context: LaunchContext, signal: AbortSignal): Promise<EngineLaunch> {
    const launch = new EngineLaunch(context, randomUUID(), randomBytes(32).toString('base64url'), null);
    try {
      const { place } = context.plan;
      launch.#instance =
        place.kind === 'process' ? await launch.#spawn(place) : await launch.#runContainer(place, signal);
      return launch;
    } catch (error) {
      launch[Symbol.dispose]();
      throw error;
    }
  }

  /** Takes up a container that an earlier run of the program started. */
  static async adopt(context: LaunchContext, found: FoundContainer): Promise<EngineLaunch> {
    const key = keyIn(context, found.env);
    const id = found.labels[LABELS.launchId] ?? randomUUID();
    const launch = new EngineLaunch(context, id, key, found.startedAtMs ?? found.createdAtMs);
    const { log, services, model } = context;
    const title = `Container ${found.name} was found running and taken up again`;
    log.begin(services.clock.now(), title);
    launch.#instance = await services.containers.adopt(found, {
      secrets: [key],
      logFile: services.logFileOf(model.id),
      title,
      onLine: (line) => launch.#readLine(line),
    });
    return launch;
  }

  async #spawn({ build }: ProcessPlan): Promise<EngineInstance> {
    const { plan, model, services } = this.#context;
    const port = await freePort();
    const command = plan.driver.command(model.fields, { ...plan.launch, port, key: this.#key });
    const args = [...command.subcommand, ...command.args];
    const title = `$ ${shellLine([build.executable, ...args])}`;
    this.#beginLog(title, command);
    services.launches.insert({
      id: this.#id,
      model_id: model.id,
      executable: build.executable,
      port,
      runtime: 'process',
      started_at: this.#startedAt,
    });
    const child = services.processes.spawn({
      launchId: this.#id,
      port,
      executable: build.executable,
      args,
      env: { ...build.env, ...command.env },
      secrets: this.#secrets(command),
      logFile: services.logFileOf(model.id),
      title,
      onLine: (line) => this.#readLine(line),
    });
    if (child.pid !== null) services.launches.setProcess(this.#id, child.pid, child.started);
    return child;
  }

  async #runContainer(place: ContainerPlan, signal: AbortSignal): Promise<EngineInstance> {
    const { model, services } = this.#context;
    const { spec, command } = specOf(this.#context, place, this.#key, this.#id);
    const title = `$ docker run ${spec.name} (${place.reference}) ${shellLine(spec.args)}`;
    this.#beginLog(title, command);
    services.launches.insert({
      id: this.#id,
      model_id: model.id,
      executable: place.reference,
      port: 0,
      runtime: 'container',
      started_at: this.#startedAt,
    });
    const secrets = this.#secrets(command);
    const logFile = services.logFileOf(model.id);
    const onLine = (line: string) => this.#readLine(line);
    const instance = await services.containers.run({ spec, secrets, logFile, title, onLine }, signal);
    if (instance.container !== null) services.launches.setContainer(this.#id, instance.container.id, instance.port);
    return instance;
  }

  #secrets(command: EngineCommand): string[] {
    return command.secretEnv.flatMap((name) => command.env[name] ?? []);
  }

  #beginLog(title: string, command: EngineCommand): void {
    const { log } = this.#context;
    log.begin(this.#startedAt, title);
    for (const { field, message } of command.unsupported) {
      log.add(this.#startedAt, 'warning', `${field} is left out: it ${message}`);
    }
  }

  #readLine(line: string): void {
    const { log, changed, services } = this.#context;
    const { driver } = this.plan;
    const before = this.#facts;
    this.#facts = driver.readLine(before, line);
    const begins = this.#facts.phase === before.phase ? null : this.#facts.phase;
    log.add(services.clock.now(), driver.levelOf(line), line, begins);
    if (this.#facts !== before) changed();
  }

  /**
   * Waits until the engine is ready (`onReady`), and then until it is gone; `left` when it was left running on its own,
   * or could not be ended because Docker went away.
   * An abort ends it.
   */
  async untilEnd(signal: AbortSignal, onReady: () => void): Promise<EngineEnd | 'left'> {
    const instance = this.#running();
    const timeoutMs = this.#startTimeoutMs();
    const probing = new AbortController();
    // A Docker that went away cannot end its container: it stands as it is until Docker is back.
    const stop = () => {
      instance.stop(this.plan.driver.stopGraceMs).catch(() => this.#left.resolve('left'));
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const until = AbortSignal.any([signal, probing.signal, AbortSignal.timeout(timeoutMs)]);
    const ready = untilReady({ ...this.target, servedName: this.#context.model.servedModelName }, until);
    try {
      const outcome = await Promise.race([instance.ended, outcomeOf(ready), this.#left.promise]);
      if (outcome === 'ready') {
        onReady();
        this.#watchLiveness(probing.signal);
      }
      if (outcome === 'late') stop();
      const end = await Promise.race([instance.ended, this.#left.promise]);
      if (end === 'left') return end;
      return {
        ...end,
        // One that was found dead had its life before we looked.
        wasReady: outcome === 'ready' || this.#facts.listening,
        timedOutAfterMs: outcome === 'late' && !signal.aborted ? timeoutMs : null,
      };
    } finally {
      probing.abort();
      signal.removeEventListener('abort', stop);
    }
  }

  #watchLiveness(signal: AbortSignal): void {
    const { services, changed } = this.#context;
    const onChange = (since: number | null) => {
      this.#silentSince = since;
      changed();
    };
    // Ends with the signal, and never rejects.
    void watchLiveness(this.target.origin, () => services.clock.now(), onChange, signal);
  }

  /** Since when it has not answered, epoch milliseconds; null while it does. */
  get silentSince(): number | null {
    return this.#silentSince;
  }

  /** Lets its container run on without us. A process cannot be left: its output has nobody to read it. */
  leave(): boolean {
    if (this.#running().container === null) return false;
    this.#left.resolve('left');
    return true;
  }

  /** Remembers how long it took, for the estimate of the next one. */
  recordLoad(): void {
    const { services, model } = this.#context;
    const now = services.clock.now();
    // A container that was found may have been ready for days.
    if (!this.#isAdopted) services.history.add(model.id, this.plan.fingerprint, now - this.#startedAt, now);
  }

  /** What counts against the start-up deadline begins anew for a container that was found. */
  #startTimeoutMs(): number {
    const seconds = this.#context.model.fields['startup_timeout_sec'];
    return (typeof seconds === 'number' ? seconds : this.plan.driver.startTimeoutS) * 1000;
  }

  #running(): EngineInstance {
    if (this.#instance === null) throw new Error('The launch has no engine yet.');
    return this.#instance;
  }

  get port(): number {
    return this.#running().port;
  }

  get container(): EngineInstance['container'] {
    return this.#running().container;
  }

  get pid(): number | null {
    return this.#running().pid;
  }

  get facts(): LoggedFacts {
    return this.#facts;
  }

  /** The model as it was when this engine was started. */
  get model(): ModelRecord {
    return this.#context.model;
  }

  get fields(): FieldValues {
    return this.#context.model.fields;
  }

  get target(): { origin: string; authorization: string } {
    return { origin: `http://127.0.0.1:${this.port}`, authorization: `Bearer ${this.#key}` };
  }

  /** By what earlier loads took; the first time by how much of the file is in memory; else by phase alone. */
  get progress(): LoadProgress {
    return loadProgress({
      stage: this.#facts.stage,
      phase: this.#facts.phase,
      phaseFraction: this.#facts.fraction,
      elapsedMs: this.#context.services.clock.now() - this.#startedAt,
      expectedMs: this.#expectedMs,
      residentBytes: this.#running().residentBytes(),
      weightBytes: this.plan.weightBytes,
    });
  }

  get engine(): EngineFacts {
    const { driver, launch, place, notices } = this.plan;
    const { backend, devices, gpuLayers, slotContext, slots, kvCacheTokens, maxConcurrency, weightsGiB } = this.#facts;
    return {
      build_id: place.kind === 'process' ? place.build.id : null,
      image: place.kind === 'container' ? place.reference : null,
      version: launch.version,
      backend,
      devices: [...devices],
      gpu_layers: backend === null || backend === 'cpu' ? null : gpuLayers,
      context_length: slotContext,
      slots,
      kv_cache_tokens: kvCacheTokens,
      max_concurrency: maxConcurrency,
      weights_gb: weightsGiB,
      pid: this.pid,
      restarts: this.#context.restarts,
      notices: [
        ...(this.#silentSince === null ? [] : [silence(this.#silentSince, this.#context.services.clock.now())]),
        ...notices,
        ...driver.noticesOf(this.#facts, launch.machine.backend, this.fields),
      ],
    };
  }

  [Symbol.dispose](): void {
    this.#context.services.launches.delete(this.#id);
  }
}

function silence(since: number, now: number): string {
  const seconds = Math.round((now - since) / 1000);
  return `It has not answered for ${seconds} s: it hangs, or its container is paused. Requests wait. A restart mends it if it does not come back.`;
}

function outcomeOf(ready: Promise<void>): Promise<'ready' | 'late'> {
  return ready.then(
    () => 'ready' as const,
    () => 'late' as const,
  );
}
