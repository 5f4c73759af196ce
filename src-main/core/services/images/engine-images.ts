import type { Logger } from 'pino';
import type { EngineImage } from '../../../contract/docker.ts';
import { AppError } from '../../../contract/errors.ts';
import type { Job } from '../../../contract/jobs.ts';
import type { EngineDriver, KnownFlags } from '../../../domain/engine/driver.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EngineImageSource } from '../../ports/engine-images.ts';
import type { Images, LocalImage, PullProgress } from '../../ports/images.ts';
import { nameProblem } from '../../adapters/docker/image-reference.ts';
import type { EngineFlagTable } from '../../store/engine-flags.ts';
import type { Jobs, JobProgress } from '../jobs/jobs.ts';
import { listEngineImages, type ImageUser } from './list-engine-images.ts';

export interface EngineImagesOptions {
  readonly images: Images;
  readonly jobs: Jobs;
  readonly flags: EngineFlagTable;
  /** The models that run, or would run, in containers. */
  readonly models: () => readonly ImageUser[];
  readonly clock: Clock;
  readonly log: Logger;
}

interface Pull {
  readonly job: Job;
  readonly watchers: Set<(progress: PullProgress) => void>;
  readonly outcome: Promise<LocalImage>;
  /** Those who wait for it to start a model; the job is nobody's but theirs when no person asked for it. */
  waiting: number;
  wanted: boolean;
}

/** The images engines run from: listed, downloaded once however many want them, asked for their flags. */
export class EngineImages implements EngineImageSource {
  readonly #options: EngineImagesOptions;
  readonly #pulls = new Map<string, Pull>();
  readonly #asking = new Map<string, Promise<KnownFlags | null>>();

  constructor(options: EngineImagesOptions) {
    this.#options = options;
  }

  /** For the window. Throws AppError `docker_unavailable`. */
  async list(signal: AbortSignal): Promise<EngineImage[]> {
    const { images, models, flags } = this.#options;
    return listEngineImages(await images.list(signal), models(), (id, type) => flags.get(id, type)?.flags.size ?? null);
  }

  async find(reference: string, signal: AbortSignal): Promise<LocalImage | null> {
    return this.#options.images.inspect(reference, signal);
  }

  /** Starts a download, or names the one that runs already. Throws AppError `validation_failed`. */
  pull(reference: string): Job {
    const name = reference.trim();
    const message = nameProblem(name);
    if (message !== null) throw new AppError('validation_failed', { issues: [{ field: 'reference', message }] });
    const pull = this.#pull(name);
    pull.wanted = true;
    return this.#options.jobs.get(pull.job.id);
  }

  async fetch(
    reference: string,
    onProgress: (progress: PullProgress) => void,
    signal: AbortSignal,
  ): Promise<LocalImage> {
    signal.throwIfAborted();
    const pull = this.#pull(reference);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    pull.watchers.add(onProgress);
    pull.waiting += 1;
    try {
      return await Promise.race([pull.outcome, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      pull.watchers.delete(onProgress);
      pull.waiting -= 1;
      if (pull.waiting === 0 && !pull.wanted) await this.#abandon(pull.job.id);
    }
  }

  async #abandon(jobId: string): Promise<void> {
    if (this.#options.jobs.get(jobId).status !== 'running') return;
    await this.#options.jobs.cancel(jobId).catch(() => undefined);
  }

  #pull(reference: string): Pull {
    const running = this.#pulls.get(reference);
    if (running) return running;
    const { images, jobs } = this.#options;
    const watchers = new Set<(progress: PullProgress) => void>();
    const { promise: outcome, resolve, reject } = Promise.withResolvers<LocalImage>();
    // Whoever waits hears of a failure; the job tells everybody else.
    outcome.catch(() => undefined);
    const job = jobs.start('image_pull', reference, async (report, signal) => {
      try {
        const onProgress = (progress: PullProgress) => {
          report(jobProgress(progress));
          for (const watcher of watchers) watcher(progress);
        };
        const image = await images.pull(reference, onProgress, signal);
        resolve(image);
        return image.id;
      } catch (error) {
        reject(signal.aborted ? cancelled(reference) : (error as Error));
        throw error;
      } finally {
        this.#pulls.delete(reference);
      }
    });
    const pull: Pull = { job, watchers, outcome, waiting: 0, wanted: false };
    this.#pulls.set(reference, pull);
    return pull;
  }

  /** Throws AppError `image_in_use`, `not_found` or `docker_unavailable`. */
  async remove(reference: string, signal: AbortSignal): Promise<void> {
    const { images, flags } = this.#options;
    const image = await images.inspect(reference, signal);
    await images.remove(reference, signal);
    if (image !== null && (await images.inspect(image.id, signal)) === null) flags.remove(image.id);
  }

  async flagsOf(image: LocalImage, driver: EngineDriver, signal: AbortSignal): Promise<KnownFlags | null> {
    const known = this.#options.flags.get(image.id, driver.engine);
    if (known !== null) return known;
    const key = `${driver.engine} ${image.id}`;
    const asking = this.#asking.get(key) ?? this.#ask(image.id, driver, key);
    this.#asking.set(key, asking);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([asking, left]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** Goes on when the one who asked leaves: the next one wants to know the same. It has a deadline of its own. */
  async #ask(id: string, driver: EngineDriver, key: string): Promise<KnownFlags | null> {
    const { images, flags, clock, log } = this.#options;
    try {
      for (const { argv } of driver.container.flagProbes) {
        const text = await images.ask(id, argv, new AbortController().signal);
        const known = text === null ? null : driver.readFlags(text);
        if (known === null) continue;
        flags.save(id, driver.engine, known, clock.now());
        return known;
      }
      log.info({ image: id, engine: driver.engine }, 'an image does not name its flags');
    } catch (error) {
      if (!(error instanceof AppError)) log.error({ err: error, image: id }, 'an image could not be asked');
    } finally {
      this.#asking.delete(key);
    }
    return null;
  }
}

function cancelled(reference: string): AppError {
  return new AppError('image_pull_failed', { reference, reason: 'the download was cancelled' });
}

function jobProgress({ step, bytes, totalBytes, isTotalKnown, layers }: PullProgress): JobProgress {
  const of = `${layers.done} of ${layers.total} layers done`;
  // A total that still grows would promise too much.
  return isTotalKnown && totalBytes > 0
    ? { step: `${step}, ${of}`, bytes, totalBytes }
    : { step: `${step}, ${of}`, bytes };
}
