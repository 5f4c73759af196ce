import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { AppError } from '../../../contract/errors.ts';
import type { Job, JobType } from '../../../contract/jobs.ts';
import type { Clock } from '../../ports/clock.ts';
import type { JobTable } from '../../store/jobs.ts';
import { Feed } from '../feed.ts';

/** What the work reports while it runs. Byte counts give rate and time left. */
export interface JobProgress {
  readonly step?: string;
  /** 0 to 1. */
  readonly fraction?: number | null;
  readonly bytes?: number;
  readonly totalBytes?: number;
}

/** The work itself: returns its result (an id), reports progress, and ends soon after `signal` aborts. */
export type JobWork = (report: (progress: JobProgress) => void, signal: AbortSignal) => Promise<string | null>;

interface LiveJob {
  job: Job;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** Long work: started, watched, cancelled, and remembered after it ended. Work cut off by a crash is marked interrupted. */
export class Jobs implements AsyncDisposable {
  readonly #live = new Map<string, LiveJob>();
  readonly #feed = new Feed<Job>((waiting, job) => [...waiting.filter((other) => other.id !== job.id), job]);
  readonly #table: JobTable;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(table: JobTable, clock: Clock, log: Logger) {
    this.#table = table;
    this.#clock = clock;
    this.#log = log;
    table.markInterrupted(clock.now());
  }

  start(type: JobType, title: string, work: JobWork): Job {
    const startedAt = this.#clock.now();
    const controller = new AbortController();
    const job: Job = {
      id: randomUUID(),
      status: 'running',
      job_type: type,
      title,
      step: 'Starting',
      progress: null,
      bytes_written: null,
      total_bytes: null,
      eta_seconds: null,
      error: null,
      result: null,
      started_at: startedAt / 1000,
      finished_at: null,
    };
    this.#table.save(job);
    // Registered before the work begins, so that work which ends at once still finds its entry.
    const { promise: done, resolve } = Promise.withResolvers<void>();
    this.#live.set(job.id, { job, controller, done });
    void this.#run(job.id, work, controller.signal).then(resolve);
    return job;
  }

  async #run(id: string, work: JobWork, signal: AbortSignal): Promise<void> {
    try {
      const result = await work((progress) => this.#report(id, progress), signal);
      this.#finish(id, { status: 'completed', step: 'Done', progress: 1, result });
    } catch (error) {
      if (signal.aborted) {
        this.#finish(id, { status: 'cancelled', step: 'Cancelled' });
      } else {
        if (!(error instanceof AppError)) this.#log.error({ err: error, job: id }, 'job failed');
        this.#finish(id, { status: 'failed', error: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  #report(id: string, progress: JobProgress): void {
    const live = this.#live.get(id);
    if (!live) return;
    const { job } = live;
    const bytes = progress.bytes ?? job.bytes_written;
    const total = progress.totalBytes ?? job.total_bytes;
    const fraction =
      progress.fraction ?? (bytes !== null && total !== null && total > 0 ? bytes / total : job.progress);
    const elapsedS = this.#clock.now() / 1000 - job.started_at;
    live.job = {
      ...job,
      step: progress.step ?? job.step,
      bytes_written: bytes,
      total_bytes: total,
      progress: fraction === null ? null : Math.min(1, Math.max(0, fraction)),
      // Below 2 % the rate says little.
      eta_seconds: fraction !== null && fraction > 0.02 ? Math.round((elapsedS / fraction) * (1 - fraction)) : null,
    };
    this.#feed.publish(live.job);
  }

  #finish(id: string, outcome: Partial<Job>): void {
    const live = this.#live.get(id);
    if (!live) return;
    const job: Job = { ...live.job, ...outcome, eta_seconds: null, finished_at: this.#clock.now() / 1000 };
    this.#live.delete(id);
    this.#table.save(job);
    this.#feed.publish(job);
  }

  list(): Job[] {
    const live = [...this.#live.values()].map((entry) => entry.job);
    const ended = this.#table.list().filter((job) => !this.#live.has(job.id));
    return [...live, ...ended].toSorted((a, b) => b.started_at - a.started_at);
  }

  get(id: string): Job {
    const job = this.#live.get(id)?.job ?? this.#table.get(id);
    if (!job) throw new AppError('not_found', { what: `Job ${id}` });
    return job;
  }

  /** Resolves once the work has really ended. */
  async cancel(id: string): Promise<Job> {
    const live = this.#live.get(id);
    if (!live) throw new AppError('job_not_cancellable', { id, status: this.get(id).status });
    live.controller.abort();
    await live.done;
    return this.get(id);
  }

  /** Resolves with the ended job. */
  async finished(id: string): Promise<Job> {
    await this.#live.get(id)?.done;
    return this.get(id);
  }

  async *watch(signal: AbortSignal): AsyncGenerator<{ jobs: Job[] }, void, void> {
    yield { jobs: this.list() };
    for await (const job of this.#feed.watch(() => [], signal)) yield { jobs: [job] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const live = [...this.#live.values()];
    for (const { controller } of live) controller.abort();
    await Promise.all(live.map(({ done }) => done));
  }
}
