import { randomBytes, randomUUID } from 'node:crypto';
import type { EngineFacts, LoadProgress } from '../../../contract/models.ts';
import type { EngineEnd, LoggedFacts } from '../../../domain/engine/driver.ts';
import type { FieldValues } from '../../../domain/engine/field-table.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EngineProcesses } from '../../ports/processes.ts';
import type { EngineInstance } from '../../ports/runtimes.ts';
import type { LaunchTable } from '../../store/launches.ts';
import type { LoadHistoryTable } from '../../store/load-history.ts';
import type { ModelRecord } from '../../store/models.ts';
import { freePort, untilReady } from './engine-probe.ts';
import type { LaunchPlan } from './launch-plan.ts';
import { loadProgress } from './load-progress.ts';
import type { LogRing } from './log-ring.ts';

const STOP_GRACE_MS = 5000;
const DEFAULT_START_TIMEOUT_S = 300;

export interface LaunchServices {
  readonly launches: LaunchTable;
  readonly history: LoadHistoryTable;
  readonly processes: EngineProcesses;
  readonly clock: Clock;
  readonly logFileOf: (modelId: number) => string;
}

/** One engine process from its start to its end. It exists only while it is written down, so that a stray is found. */
export class EngineLaunch implements Disposable {
  readonly port: number;
  readonly plan: LaunchPlan;
  readonly #id = randomUUID();
  readonly #key = randomBytes(32).toString('base64url');
  readonly #model: ModelRecord;
  readonly #services: LaunchServices;
  readonly #process: EngineInstance;
  readonly #startedAt: number;
  readonly #expectedMs: number | null;
  #facts: LoggedFacts;

  private constructor(
    plan: LaunchPlan,
    model: ModelRecord,
    services: LaunchServices,
    log: LogRing,
    port: number,
    changed: () => void,
  ) {
    this.plan = plan;
    this.port = port;
    this.#model = model;
    this.#services = services;
    this.#facts = plan.driver.initialFacts;
    this.#startedAt = services.clock.now();
    this.#expectedMs = services.history.expectedMs(model.id, plan.fingerprint);
    this.#process = this.#spawn(log, changed);
  }

  /** `changed` is called whenever the log told something new. */
  static async begin(
    plan: LaunchPlan,
    model: ModelRecord,
    services: LaunchServices,
    log: LogRing,
    changed: () => void,
  ): Promise<EngineLaunch> {
    return new EngineLaunch(plan, model, services, log, await freePort(), changed);
  }

  #spawn(log: LogRing, changed: () => void): EngineInstance {
    const { plan, port } = this;
    const { clock, launches, processes, logFileOf } = this.#services;
    const command = plan.driver.command(this.#model.fields, { ...plan.launch, port, key: this.#key });
    const { executable } = plan.build;
    const title = `$ ${[executable, ...command.args].map(quoted).join(' ')}`;
    log.begin(this.#startedAt, title);
    for (const { field, message } of command.unsupported) {
      log.add(this.#startedAt, 'warning', `${field} is left out: it ${message}`);
    }
    launches.insert({ id: this.#id, model_id: this.#model.id, executable, port, started_at: this.#startedAt });
    const child = processes.spawn({
      launchId: this.#id,
      port,
      executable,
      args: command.args,
      env: { ...plan.build.env, ...command.env },
      secrets: [this.#key],
      logFile: logFileOf(this.#model.id),
      title,
      onLine: (line) => {
        const before = this.#facts;
        this.#facts = plan.driver.readLine(before, line);
        const begins = this.#facts.phase === before.phase ? null : this.#facts.phase;
        log.add(clock.now(), plan.driver.levelOf(line), line, begins);
        if (this.#facts !== before) changed();
      },
    });
    if (child.pid !== null) launches.setProcess(this.#id, child.pid, child.started);
    return child;
  }

  /** Waits until the engine is ready (`onReady`), and then until it is gone. An abort ends it. */
  async untilEnd(signal: AbortSignal, onReady: () => void): Promise<EngineEnd> {
    const timeoutMs = startTimeoutMs(this.#model);
    const probing = new AbortController();
    const stop = () => void this.#process.stop(STOP_GRACE_MS);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const until = AbortSignal.any([signal, probing.signal, AbortSignal.timeout(timeoutMs)]);
    const ready = untilReady({ ...this.target, servedName: this.#model.servedModelName }, until);
    const outcome = await Promise.race([this.#process.ended, outcomeOf(ready)]);
    if (outcome === 'ready') onReady();
    else if (outcome === 'late') stop();
    const end = await this.#process.ended;
    probing.abort();
    signal.removeEventListener('abort', stop);
    return {
      ...end,
      wasReady: outcome === 'ready',
      timedOutAfterMs: outcome === 'late' && !signal.aborted ? timeoutMs : null,
    };
  }

  /** Remembers how long it took, for the estimate of the next one. */
  recordLoad(): void {
    const now = this.#services.clock.now();
    this.#services.history.add(this.#model.id, this.plan.fingerprint, now - this.#startedAt, now);
  }

  get pid(): number | null {
    return this.#process.pid;
  }

  get facts(): LoggedFacts {
    return this.#facts;
  }

  get fields(): FieldValues {
    return this.#model.fields;
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
      elapsedMs: this.#services.clock.now() - this.#startedAt,
      expectedMs: this.#expectedMs,
      residentBytes: this.#process.residentBytes(),
      weightBytes: this.plan.weightBytes,
    });
  }

  get engine(): EngineFacts {
    const { build, driver, launch } = this.plan;
    const { backend, devices, gpuLayers, slotContext, slots } = this.#facts;
    return {
      build_id: build.id,
      image: null,
      version: build.version,
      backend,
      devices: [...devices],
      gpu_layers: backend === null || backend === 'cpu' ? null : gpuLayers,
      context_length: slotContext,
      slots,
      kv_cache_tokens: this.#facts.kvCacheTokens,
      max_concurrency: this.#facts.maxConcurrency,
      weights_gb: this.#facts.weightsGiB,
      pid: this.pid,
      restarts: 0,
      notices: [...build.notices, ...driver.noticesOf(this.#facts, launch.machine.backend, this.fields)],
    };
  }

  [Symbol.dispose](): void {
    this.#services.launches.delete(this.#id);
  }
}

function outcomeOf(ready: Promise<void>): Promise<'ready' | 'late'> {
  return ready.then(
    () => 'ready' as const,
    () => 'late' as const,
  );
}

function startTimeoutMs(model: ModelRecord): number {
  const seconds = model.fields['startup_timeout_sec'];
  return (typeof seconds === 'number' ? seconds : DEFAULT_START_TIMEOUT_S) * 1000;
}

/** As a shell would need it, for reading and copying; nothing is ever run through a shell. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
