import { z } from 'zod';

/** One request through the gateway, refused ones too. */
export const UsageRow = z.object({
  id: z.number().int(),
  key_id: z.number().int().nullable(),
  user_id: z.number().int().nullable(),
  org_id: z.number().int().nullable(),
  /** `key`, `owner` (admin token or window), `anonymous` (refused before it was known who asked). */
  actor: z.enum(['key', 'owner', 'anonymous']),
  model_name: z.string().nullable(),
  /** Address of the foreign server that was asked; null for an engine of this program. */
  upstream: z.string().nullable(),
  task: z.enum(['chat', 'completions', 'embeddings']),
  prompt_tokens: z.number().int(),
  completion_tokens: z.number().int(),
  total_tokens: z.number().int(),
  cached_tokens: z.number().int().nullable(),
  latency_ms: z.number(),
  /** Time to first token; null when nothing was generated. */
  ttft_ms: z.number().nullable(),
  stream: z.boolean(),
  status_code: z.number().int(),
  /** The error code of a refused or failed request, `client_closed` when the caller went away. */
  error_code: z.string().nullable(),
  req_id: z.string(),
  /** Epoch seconds. */
  created_at: z.number(),
});
export type UsageRow = z.infer<typeof UsageRow>;

export const UsageQuery = z.strictObject({
  limit: z.number().int().min(1).max(1000).default(50),
  offset: z.number().int().min(0).default(0),
  hours: z.number().min(0.01).max(720).optional(),
  model: z.string().optional(),
  task: z.enum(['chat', 'completions', 'embeddings']).optional(),
  key_id: z.number().int().optional(),
  user_id: z.number().int().optional(),
  org_id: z.number().int().optional(),
  /** A code ("401") or a class ("4xx"). */
  status: z
    .string()
    .regex(/^([1-5]\d\d|[1-5]xx)$/, 'a status like 404 or 4xx')
    .optional(),
});
export type UsageQuery = z.infer<typeof UsageQuery>;
