import { z } from 'zod';

export const JobStatus = z.enum(['queued', 'running', 'completed', 'failed', 'cancelled', 'interrupted']);
export type JobStatus = z.infer<typeof JobStatus>;

export const JobType = z.enum(['engine_build_install', 'image_pull']);
export type JobType = z.infer<typeof JobType>;

/** Long work with progress. Times are epoch seconds and `progress` is 0 to 1, as in the seed's deployment jobs. */
export const Job = z.object({
  id: z.string(),
  status: JobStatus,
  job_type: JobType,
  /** What it is about, in words: "llama.cpp v0.5.0 (carried)". */
  title: z.string(),
  /** What is being done now, as a sentence. */
  step: z.string(),
  progress: z.number().min(0).max(1).nullable(),
  bytes_written: z.number().int().nullable(),
  total_bytes: z.number().int().nullable(),
  eta_seconds: z.number().nullable(),
  error: z.string().nullable(),
  /** What it made: the engine build's id, for instance. */
  result: z.string().nullable(),
  started_at: z.number(),
  finished_at: z.number().nullable(),
});
export type Job = z.infer<typeof Job>;
