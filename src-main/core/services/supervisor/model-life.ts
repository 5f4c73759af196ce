import type { Logger } from 'pino';
import { AppError } from '../../../contract/errors.ts';
import type { Diagnosis, EngineFacts, LoadProgress, ModelState } from '../../../contract/models.ts';
import { isActive, nextState, type LifeEvent } from '../../../domain/lifecycle/lifecycle.ts';
import type { ModelRecord, ModelTable } from '../../store/models.ts';
import { blameBrokenEngine } from './engine-fault.ts';
import { EngineLaunch, type LaunchServices } from './engine-launch.ts';
import { planLaunch, type LaunchPlan, type LaunchSources } from './launch-plan.ts';
import { LogRing } from './log-ring.ts';

/** How often a start is tried when another program takes the port first. */
const PORT_ATTEMPTS = 4;
const PROGRESS_MS = 500;

export interface LifeSources extends LaunchSources, LaunchServices {
  readonly models: ModelTable;
  readonly log: Logger;
  /** Something about this model is different now. */
  readonly changed: (modelId: number) => void;
}

/** One start, from its first step until nothing of it is left. */
interface Run {
  readonly abort: AbortController;
  /** Resolves when the model runs, failed or stopped; rejects with AppError where the start was refused. */
  readonly settled: Promise<void>;
  /** Resolves when nothing of it is left. Never rejects. */
  readonly ended: Promise<void>;
}

/** The life of one model: at most one process, and a state that is always the true one. */
export class ModelLife implements Disposable {
  readonly id: number;
  readonly log = new LogRing();
  readonly #sources: LifeSources;
  #state: ModelState;
  #detail: string | null;
  #diagnosis: Diagnosis | null;
  #run: Run | null = null;
  #retired: AppError | null = null;
  #launch: EngineLaunch | null = null;

  constructor(model: ModelRecord, sources: LifeSources) {
    this.id = model.id;
    this.#sources = sources;
    this.#state = model.state;
    this.#detail = model.stateDetail;
    this.#diagnosis = model.diagnosis;
  }

  get state(): ModelState {
    return this.#state;
  }

  get detail(): string | null {
    return this.#detail;
  }

  get diagnosis(): Diagnosis | null {
    return this.#diagnosis;
  }

  get isActive(): boolean {
    return isActive(this.#state);
  }

  /** The process that exists now; null while there is none. */
  get launch(): EngineLaunch | null {
    return this.#launch;
  }

  get progress(): LoadProgress | null {
    if (this.#state !== 'starting' && this.#state !== 'loading') return null;
    return this.#launch?.progress ?? { stage: 'prepare', phase: 'Preparing', fraction: 0, eta_seconds: null };
  }

  get engine(): EngineFacts | null {
    return this.#launch?.engine ?? null;
  }

  /**
   * Starts it, or joins a start that is under way. Resolves when it runs, failed or stopped. Throws AppError where it
   * cannot even be tried.
   */
  async start(): Promise<void> {
    while (this.#run !== null && (this.#state === 'stopping' || !this.isActive)) await this.#run.ended;
    if (this.#retired) throw this.#retired;
    this.#run ??= this.#begin();
    await this.#run.settled;
  }

  /** Resolves when no process is left. */
  async stop(): Promise<void> {
    const run = this.#run;
    this.#move('stop');
    run?.abort.abort();
    await run?.ended;
  }

  /** Stops it for good: whoever starts it from now on, or waits to, gets `reason`. */
  async retire(reason: AppError): Promise<void> {
    this.#retired = reason;
    // A stop that found nothing to stop must not forget why it failed.
    if (this.#run !== null) await this.stop();
  }

  #begin(): Run {
    const abort = new AbortController();
    const { promise: settled, resolve, reject } = Promise.withResolvers<void>();
    this.#move('start');
    const ended = this.#runToEnd(abort.signal, resolve)
      .catch((error: unknown) => {
        this.#refuse(error, abort.signal);
        if (!abort.signal.aborted) reject(error);
      })
      .finally(() => {
        this.#run = null;
        resolve();
      });
    // A refusal reaches everybody who waits for it; where nobody does any more, it stands in the model's state.
    settled.catch(() => undefined);
    return { abort, settled, ended };
  }

  #refuse(error: unknown, signal: AbortSignal): void {
    const isKnown = error instanceof AppError;
    if (!isKnown && !signal.aborted) this.#sources.log.error({ err: error, model: this.id }, 'a start failed');
    const detail = signal.aborted ? null : isKnown ? error.message : 'The start failed unexpectedly; see the log.';
    // A bug may come at any time; no state may claim a process that does not exist.
    const tried = this.#state === 'loading' || this.#state === 'running';
    this.#move(tried ? 'exited' : 'refused', detail);
  }

  async #runToEnd(signal: AbortSignal, settle: () => void): Promise<void> {
    const model = this.#sources.models.get(this.id);
    if (!model) throw new AppError('not_found', { what: `Model ${this.id}` });
    const plan = await planLaunch(model, this.#sources, signal);
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const end = await this.#runOnce(plan, model, signal, settle);
      if (signal.aborted) {
        this.#move('exited');
        return;
      }
      const { driver, launch } = plan;
      const lines = this.log.linesOfLaunch();
      const diagnosis = driver.diagnose({
        runtime: launch.runtime,
        gpus: 0,
        end,
        lines,
        fields: model.fields,
        machine: launch.machine,
      });
      if (diagnosis.code === 'port_in_use' && attempt < PORT_ATTEMPTS && !end.wasReady) {
        this.#move('respawn');
        continue;
      }
      const found = await blameBrokenEngine(diagnosis, end, plan.build.id, this.#sources.builds, signal);
      this.#sources.log.warn({ model: this.id, code: found.code }, 'an engine failed');
      this.#move('exited', found.summary, found);
      return;
    }
  }

  async #runOnce(plan: LaunchPlan, model: ModelRecord, signal: AbortSignal, settle: () => void) {
    const changed = () => this.#sources.changed(this.id);
    using launch = await EngineLaunch.begin(plan, model, this.#sources, this.log, changed);
    this.#launch = launch;
    this.#move('spawned');
    const ticker = setInterval(() => this.progress && changed(), PROGRESS_MS);
    try {
      return await launch.untilEnd(signal, () => {
        // A stop may have come while the last answer was on its way.
        if (this.#state !== 'loading') return;
        launch.recordLoad();
        this.#move('ready');
        settle();
      });
    } finally {
      clearInterval(ticker);
      this.#launch = null;
    }
  }

  #move(event: LifeEvent, detail: string | null = null, diagnosis: Diagnosis | null = null): void {
    const next = nextState(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    this.#detail = detail;
    this.#diagnosis = diagnosis;
    this.#sources.models.saveState(this.id, next, detail, diagnosis);
    this.#sources.changed(this.id);
  }

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]();
  }
}
