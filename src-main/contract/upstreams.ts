import { z } from 'zod';
import { EngineType, Task } from './models.ts';

export const BreakerState = z.enum(['closed', 'open', 'half_open']);
export type BreakerState = z.infer<typeof BreakerState>;

/** One server that answers for a served name. */
export const RegistryUpstream = z.object({
  /** Base address without `/v1`: "http://10.0.0.5:8000". */
  url: z.string(),
  task: Task,
  /** Null for a foreign server whose engine is not known. */
  engine_type: EngineType.nullable(),
  /** What it calls the model itself; null when by the served name. */
  upstream_model: z.string().nullable(),
  /** Whether a key is sent with requests; the key itself is never shown. */
  has_api_key: z.boolean(),
  /** The model of ours behind it; null for a foreign server. */
  model_id: z.number().int().nullable(),
  enabled: z.boolean(),
});
export type RegistryUpstream = z.infer<typeof RegistryUpstream>;

/** A served name. `url`, `task` and `engine_type` are those of its first upstream, as the seed's registry had them. */
export const RegistryEntry = z.object({
  url: z.string(),
  task: Task,
  engine_type: EngineType.nullable(),
  upstreams: z.array(RegistryUpstream),
});
export type RegistryEntry = z.infer<typeof RegistryEntry>;
export const Registry = z.record(z.string(), RegistryEntry);
export type Registry = z.infer<typeof Registry>;

/** Adds an upstream, or changes the one that the name and address already have. */
export const RegistryAdd = z.strictObject({
  served_name: z.string().trim().min(1).max(255),
  url: z.string().trim().min(1).max(2048),
  /** "generate" for a new one. What is left out of a change stays. */
  task: Task.optional(),
  engine_type: EngineType.nullable().optional(),
  upstream_model: z.string().trim().min(1).max(512).nullable().optional(),
  /** Null removes a stored one; left out, it stays. */
  api_key: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]{1,4096}$/, 'must be one word of printable ASCII characters')
    .nullable()
    .optional(),
  enabled: z.boolean().optional(),
});
export type RegistryAdd = z.infer<typeof RegistryAdd>;

/** Which entry to remove: all foreign servers of a name, or the one at `url`. */
export const RegistryRemoval = z.object({ served_name: z.string().optional(), url: z.string().optional() });
export type RegistryRemoval = z.infer<typeof RegistryRemoval>;

/** What is known of one address. Times are epoch seconds, as in the seed. */
export const UpstreamMeta = z.object({
  last_status_code: z.number().int().nullable(),
  last_latency_ms: z.number().nullable(),
  last_ok_ts: z.number().nullable(),
  last_fail_ts: z.number().nullable(),
  consecutive_fails: z.number().int(),
  last_error: z.string().nullable(),
  history: z.array(z.object({ ts: z.number(), ok: z.boolean(), latency_ms: z.number().nullable() })),
  category: Task,
  /** Ids its `/v1/models` lists. */
  models: z.array(z.string()),
  served_names: z.array(z.string()),
  breaker: z.object({
    state: BreakerState,
    cooldown_remaining_sec: z.number(),
    consecutive_fails: z.number().int(),
  }),
  tokens_per_sec: z.object({ prompt: z.number().nullable(), generation: z.number().nullable() }),
  /** Requests that are with it at this moment. */
  in_flight: z.number().int(),
});
export type UpstreamMeta = z.infer<typeof UpstreamMeta>;

export const Upstreams = z.object({
  circuit_breakers: z.record(z.string(), BreakerState),
  health: z.record(z.string(), z.object({ ok: z.boolean(), ts: z.number() })),
  meta: z.record(z.string(), UpstreamMeta),
  registry: Registry,
  lb_index: z.record(z.string(), z.number().int()),
  now: z.number(),
  health_ttl_sec: z.number(),
});
export type Upstreams = z.infer<typeof Upstreams>;

export const HealthRefresh = z.object({
  results: z.array(z.object({ url: z.string(), status: z.string(), elapsed_sec: z.number() })),
});
export type HealthRefresh = z.infer<typeof HealthRefresh>;
