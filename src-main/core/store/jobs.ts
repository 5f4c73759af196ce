import { Job } from '../../contract/jobs.ts';
import type { Store } from './open.ts';

interface JobRecord {
  id: string;
  status: string;
  job_type: string;
  title: string;
  step: string;
  error: string | null;
  result: string | null;
  started_at: number;
  finished_at: number | null;
}

const KEPT = 200;

export class JobTable {
  readonly #db: Store;

  constructor(db: Store) {
    this.#db = db;
  }

  save(job: Job): void {
    this.#db
      .prepare(
        `INSERT INTO jobs (id, status, job_type, title, step, error, result, started_at, finished_at)
         VALUES (@id, @status, @job_type, @title, @step, @error, @result, @started_at, @finished_at)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, step = excluded.step, error = excluded.error,
           result = excluded.result, finished_at = excluded.finished_at`,
      )
      .run({
        id: job.id,
        status: job.status,
        job_type: job.job_type,
        title: job.title,
        step: job.step,
        error: job.error,
        result: job.result,
        started_at: Math.round(job.started_at * 1000),
        finished_at: job.finished_at === null ? null : Math.round(job.finished_at * 1000),
      });
    this.#db
      .prepare('DELETE FROM jobs WHERE id NOT IN (SELECT id FROM jobs ORDER BY started_at DESC LIMIT ?)')
      .run(KEPT);
  }

  list(): Job[] {
    return this.#db.prepare<[], JobRecord>('SELECT * FROM jobs ORDER BY started_at DESC').all().map(toJob);
  }

  get(id: string): Job | null {
    const record = this.#db.prepare<[string], JobRecord>('SELECT * FROM jobs WHERE id = ?').get(id);
    return record ? toJob(record) : null;
  }

  /** Work that a killed program left running can no longer end. */
  markInterrupted(now: number): void {
    this.#db
      .prepare(
        `UPDATE jobs SET status = 'interrupted', error = 'The program ended before this work did.', finished_at = ? WHERE status IN ('queued', 'running')`,
      )
      .run(now);
  }
}

function toJob(record: JobRecord): Job {
  return Job.parse({
    ...record,
    progress: record.status === 'completed' ? 1 : null,
    bytes_written: null,
    total_bytes: null,
    eta_seconds: null,
    started_at: record.started_at / 1000,
    finished_at: record.finished_at === null ? null : record.finished_at / 1000,
  });
}
