import type { Logger } from 'pino';
import { AppError } from '../../../contract/errors.ts';
import type { Diagnosis, EngineFacts, LoadProgress, ModelState } from '../../../contract/models.ts';
import type { EngineEnd } from '../../../domain/engine/driver.ts';
import { isActive, nextState, type LifeEvent } from '../../../domain/lifecycle/lifecycle.ts';
import type { FoundContainer } from '../../ports/containers.ts';
import type { PullProgress } from '../../ports/images.ts';
import type { ModelRecord, ModelTable } from '../../store/models.ts';
import { repositoryOf } from '../images/engine-of-image.ts';
import { blameBrokenEngine } from './engine-fault.ts';
import { EngineLaunch, type LaunchServices } from './engine-launch.ts';
import { planLaunch, type LaunchPlan, type LaunchSources } from './launch-plan.ts';
import { LogRing } from './log-ring.ts';
import { nextRestart } from './restart-policy.ts';
import { pause } from '../../ports/clock.ts';

/** How often a start is tried when another program takes the port first. */
const PORT_ATTEMPTS = 4;
const PROGRESS_MS = 500;
const DOCKER_RETRY_MS = 3000;

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

/** One try to run an engine. */
interface Attempt {
  readonly model: ModelRecord;
  readonly restarts: number;
  /** A container that runs already, and its plan. */
  readonly found: FoundContainer | null;
  readonly adopted: LaunchPlan | null;
}

/** The life of one model: at most one engine, and a state that is always the true one. */
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
  /** What is done before there is an engine. */
  #preparing: LoadProgress = PREPARING;
  #readyAt = 0;

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

  /** The engine that exists now; null while there is none. */
  get launch(): EngineLaunch | null {
    return this.#launch;
  }

  get progress(): LoadProgress | null {
    if (this.#state !== 'starting' && this.#state !== 'loading') return null;
    return this.#launch?.progress ?? this.#preparing;
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
    if (this.isStuck) throw new AppError('model_busy', { id: this.id, state: 'stopping', action: 'starting it' });
    this.#run ??= this.#begin('start', (signal, settle) => this.#runToEnd(null, signal, settle));
    await this.#run.settled;
  }

  /** Takes up a container of an earlier run of the program. Does nothing where the model has an engine already. */
  adopt(found: FoundContainer, plan: LaunchPlan): void {
    if (this.#run !== null || this.#retired) return;
    this.#run = this.#begin('adopted', (signal, settle) => this.#runToEnd({ found, plan }, signal, settle));
  }

  /** Its container was to be stopped while Docker was away: it is ended as soon as Docker is back. */
  get isStuck(): boolean {
    return this.#state === 'stopping' && this.#run === null;
  }

  /** That container is gone. */
  settleStopped(): void {
    if (this.isStuck) this.#move('exited');
  }

  /** Resolves when no engine is left, or Docker is away; `isStuck` tells which. */
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

  /** As `retire`, but a container that runs or loads runs on, and its state stays written down for the next program. */
  async leave(reason: AppError): Promise<void> {
    this.#retired = reason;
    const run = this.#run;
    if ((this.#state === 'running' || this.#state === 'loading') && this.#launch?.leave() === true) await run?.ended;
    else await this.retire(reason);
  }

  #begin(event: LifeEvent, work: (signal: AbortSignal, settle: () => void) => Promise<void>): Run {
    const abort = new AbortController();
    const { promise: settled, resolve, reject } = Promise.withResolvers<void>();
    this.#preparing = PREPARING;
    this.#move(event);
    const ended = work(abort.signal, resolve)
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
    // A bug may come at any time; no state may claim an engine that does not exist.
    const tried = this.#state === 'loading' || this.#state === 'running';
    this.#move(tried ? 'exited' : 'refused', detail);
  }

  async #runToEnd(
    adopted: { readonly found: FoundContainer; readonly plan: LaunchPlan } | null,
    signal: AbortSignal,
    settle: () => void,
  ): Promise<void> {
    let restarts = 0;
    let lostPorts = 0;
    let found = adopted?.found ?? null;
    for (;;) {
      signal.throwIfAborted();
      const model = this.#sources.models.get(this.id);
      if (!model) throw new AppError('not_found', { what: `Model ${this.id}` });
      const attempt = { model, restarts, found, adopted: adopted?.plan ?? null };
      const outcome = await this.#attempt(attempt, signal, settle);
      if (outcome === 'docker-away') {
        await this.#waitForDocker(signal);
        continue;
      }
      const { plan, end } = outcome;
      found = null;
      if (end === 'left') return;
      if (signal.aborted) {
        this.#move('exited');
        return;
      }
      const diagnosis = this.#diagnose(plan, model, end);
      if (diagnosis.code === 'port_in_use' && lostPorts < PORT_ATTEMPTS - 1 && !end.wasReady) {
        lostPorts += 1;
        this.#move('respawn');
        continue;
      }
      const next = nextRestart({
        fields: model.fields,
        wasReady: end.wasReady,
        code: diagnosis.code,
        ranMs: this.#sources.clock.now() - this.#readyAt,
        restarts,
      });
      if (next === null) {
        await this.#fail(plan, end, diagnosis, signal);
        return;
      }
      restarts = next.restarts;
      await this.#waitBeforeRestart(next.waitMs, diagnosis, signal);
    }
  }

  /** A restart by policy outlives a Docker that is away; a start that somebody asked for says so at once. */
  async #attempt(
    { model, restarts, found, adopted }: Attempt,
    signal: AbortSignal,
    settle: () => void,
  ): Promise<{ plan: LaunchPlan; end: EngineEnd | 'left' } | 'docker-away'> {
    try {
      const plan = found !== null && adopted !== null ? adopted : await this.#plan(model, signal);
      return { plan, end: await this.#runOnce({ plan, model, restarts, found }, signal, settle) };
    } catch (error) {
      if (restarts > 0 && error instanceof AppError && error.code === 'docker_unavailable') return 'docker-away';
      throw error;
    }
  }

  async #waitForDocker(signal: AbortSignal): Promise<void> {
    this.#preparing = { ...PREPARING, phase: 'Waiting for Docker' };
    this.#sources.changed(this.id);
    await pause(DOCKER_RETRY_MS, signal);
    this.#preparing = PREPARING;
  }

  async #plan(model: ModelRecord, signal: AbortSignal): Promise<LaunchPlan> {
    let toldAt = 0;
    return planLaunch(model, this.#sources, {
      signal,
      onPull: (progress) => {
        this.#preparing = pullProgress(progress);
        if (performance.now() - toldAt < PROGRESS_MS) return;
        toldAt = performance.now();
        this.#sources.changed(this.id);
      },
    });
  }

  #diagnose(plan: LaunchPlan, model: ModelRecord, end: EngineEnd): Diagnosis {
    const { driver, launch, gpus } = plan;
    return driver.diagnose({
      runtime: launch.runtime,
      gpus,
      isFromHub: model.mode === 'online',
      end,
      lines: this.log.linesOfLaunch(),
      fields: model.fields,
      machine: launch.machine,
    });
  }

  async #fail(plan: LaunchPlan, end: EngineEnd, diagnosis: Diagnosis, signal: AbortSignal): Promise<void> {
    const { place } = plan;
    const found =
      place.kind === 'process' && plan.driver.engine === 'llamacpp'
        ? await blameBrokenEngine(diagnosis, end, place.build.id, this.#sources.builds, signal)
        : diagnosis;
    this.#sources.log.warn({ model: this.id, code: found.code }, 'an engine failed');
    this.#move('exited', found.summary, found);
  }

  async #waitBeforeRestart(waitMs: number, diagnosis: Diagnosis, signal: AbortSignal): Promise<void> {
    const until = this.#sources.clock.now() + waitMs;
    const tell = () => {
      const left = Math.max(0, Math.ceil((until - this.#sources.clock.now()) / 1000));
      this.#preparing = { ...PREPARING, phase: 'Waiting to restart', fraction: null, eta_seconds: left };
    };
    tell();
    this.#sources.log.warn({ model: this.id, code: diagnosis.code, waitMs }, 'an engine fell over and is restarted');
    this.#move('respawn', `It is started again, after: ${diagnosis.summary}`);
    const ticker = setInterval(() => {
      tell();
      this.#sources.changed(this.id);
    }, 1000);
    await pause(waitMs, signal);
    clearInterval(ticker);
    this.#preparing = PREPARING;
  }

  async #runOnce(
    run: { plan: LaunchPlan; model: ModelRecord; restarts: number; found: FoundContainer | null },
    signal: AbortSignal,
    settle: () => void,
  ): Promise<EngineEnd | 'left'> {
    const changed = () => this.#sources.changed(this.id);
    const { plan, model, restarts, found } = run;
    const context = { plan, model, restarts, services: this.#sources, log: this.log, changed };
    const launch = await (found === null ? EngineLaunch.begin(context, signal) : EngineLaunch.adopt(context, found));
    this.#launch = launch;
    this.#move('spawned');
    const ticker = setInterval(() => this.progress && changed(), PROGRESS_MS);
    let isLeft = false;
    try {
      const end = await launch.untilEnd(signal, () => {
        // A stop may have come while the last answer was on its way.
        if (this.#state !== 'loading') return;
        launch.recordLoad();
        this.#readyAt = this.#sources.clock.now();
        this.#pinImage(plan, model);
        this.#move('ready');
        settle();
      });
      isLeft = end === 'left';
      return end;
    } finally {
      clearInterval(ticker);
      this.#launch = null;
      // One that was left is found again by what is written down of it.
      if (!isLeft) launch[Symbol.dispose]();
    }
  }

  /** It has run with this image: what the image's name means tomorrow shall not change it. */
  #pinImage({ place }: LaunchPlan, model: ModelRecord): void {
    if (place.kind !== 'container' || place.image === null || model.engineDigest !== null) return;
    const repository = repositoryOf(place.reference);
    const digest = place.image.repoDigests.find((name) => repositoryOf(name) === repository)?.split('@')[1];
    // One that was built or imported here has no registry's digest; its own id is as firm.
    this.#sources.models.savePin(this.id, model.engineImage, digest ?? place.image.id);
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

const PREPARING: LoadProgress = { stage: 'prepare', phase: 'Preparing', fraction: 0, eta_seconds: null };

function pullProgress({ step, bytes, totalBytes, isTotalKnown }: PullProgress): LoadProgress {
  const fraction = isTotalKnown && totalBytes > 0 ? Math.min(1, bytes / totalBytes) : null;
  return { stage: 'pull', phase: `${step} the engine image`, fraction, eta_seconds: null };
}
