import { z } from 'zod';

export const EngineType = z.enum(['llamacpp', 'vllm']);
export type EngineType = z.infer<typeof EngineType>;
export const Runtime = z.enum(['process', 'container']);
export type Runtime = z.infer<typeof Runtime>;
export const Task = z.enum(['generate', 'embed']);
export type Task = z.infer<typeof Task>;
export const ModelState = z.enum(['stopped', 'starting', 'loading', 'running', 'stopping', 'failed']);
export type ModelState = z.infer<typeof ModelState>;

/** One configuration value of the field table. `null` and absent both mean "the engine's own default: send nothing". */
export const FieldValue = z.union([z.string(), z.number(), z.boolean(), z.array(z.string()), z.null()]);
export type FieldValue = z.infer<typeof FieldValue>;

/** What a fix changes: field name -> new value. */
export const FieldPatch = z.record(z.string(), FieldValue);
export type FieldPatch = z.infer<typeof FieldPatch>;

/** Why an engine failed, as data: a code, one sentence, the log lines that show it, and what would mend it. */
export const Diagnosis = z.object({
  code: z.string(),
  summary: z.string(),
  evidence: z.array(z.string()),
  fixes: z.array(z.object({ title: z.string(), patch: FieldPatch.nullable() })),
});
export type Diagnosis = z.infer<typeof Diagnosis>;

/** The steps of a start, in their order; an engine may skip some. */
export const LoadStage = z.enum(['prepare', 'pull', 'start', 'load', 'compile', 'profile', 'capture', 'ready']);
export type LoadStage = z.infer<typeof LoadStage>;

export const LoadProgress = z.object({
  stage: LoadStage,
  /** Words for the phase: "Loading weights". */
  phase: z.string(),
  /** 0 to 1, null while unknown. */
  fraction: z.number().min(0).max(1).nullable(),
  eta_seconds: z.number().nullable(),
});
export type LoadProgress = z.infer<typeof LoadProgress>;

/** What a running engine really is, read from its own log. */
export const EngineFacts = z.object({
  build_id: z.string().nullable(),
  /** The image it runs from; null for a plain process. */
  image: z.string().nullable(),
  version: z.string().nullable(),
  backend: z.enum(['cuda', 'vulkan', 'metal', 'rocm', 'cpu']).nullable(),
  devices: z.array(z.string()),
  /** Null on a run without a GPU: GPU layers mean nothing there. */
  gpu_layers: z.object({ offloaded: z.number().int(), total: z.number().int() }).nullable(),
  context_length: z.number().int().nullable(),
  slots: z.number().int().nullable(),
  /** Tokens the KV cache holds, and how many requests of full length fit in it; vLLM says so. */
  kv_cache_tokens: z.number().int().nullable(),
  max_concurrency: z.number().nullable(),
  /** GiB of the weights, as the engine reported them. */
  weights_gb: z.number().nullable(),
  pid: z.number().int().nullable(),
  /** How often it was restarted since somebody started it. */
  restarts: z.number().int(),
  /** A GPU that is present and not used: the missing library and its cure. */
  notices: z.array(z.string()),
});
export type EngineFacts = z.infer<typeof EngineFacts>;

const servedName = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/,
    'use letters, digits and . _ : / @ + - (no spaces), beginning with a letter or digit',
  );

const imageReference = z
  .string()
  .trim()
  .max(512)
  .regex(/^[a-z0-9][A-Za-z0-9._/:@-]*$/, 'The name of an image is written like "vllm/vllm-openai:v0.33.0".');
const imageDigest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'write "sha256:" and 64 hexadecimal digits');
/** A Hugging Face token: taken, kept encrypted, never shown. */
const hubToken = z.string().trim().min(1).max(512);

const ModelIdentity = z.object({
  name: z.string().trim().min(1).max(255),
  served_model_name: servedName,
  engine_type: EngineType,
  runtime: Runtime,
  mode: z.enum(['offline', 'online']),
  task: Task,
  /** Absolute, or relative to the base directory. A folder with one model, or the .gguf file itself. */
  local_path: z.string().min(1).max(4096).nullable(),
  repo_id: z.string().max(512).nullable(),
  /** The engine build this model is pinned to; null follows the default build. */
  engine_build_id: z.string().nullable(),
  /** The container image; null takes the engine's default image. */
  engine_image: imageReference.nullable(),
  /** The digest ("sha256:...") it is pinned to since it ran with it; null takes what the image's name means now. */
  engine_digest: imageDigest.nullable(),
});

/**
 * A stored model. Besides these keys it carries, flat, every configuration field of its engine's field table
 * (`GET /admin/engines/spec`), null where the field is not set.
 */
export const Model = z.looseObject({
  id: z.number().int(),
  ...ModelIdentity.shape,
  archived: z.boolean(),
  /** Whether a Hugging Face token is kept for it. */
  hf_token_set: z.boolean(),
  state: ModelState,
  /** One sentence for a failed or a waiting model. */
  state_detail: z.string().nullable(),
  progress: LoadProgress.nullable(),
  diagnosis: Diagnosis.nullable(),
  engine: EngineFacts.nullable(),
  port: z.number().int().nullable(),
  container_name: z.string().nullable(),
  /** Merged over a request where the client left a key out. */
  request_defaults_json: z.string().nullable(),
  /** Epoch seconds. */
  created_at: z.number(),
  updated_at: z.number(),
  last_used_at: z.number().nullable(),
});
export type Model = z.infer<typeof Model>;

/** Everything but the source may be left out. Unknown keys are refused by the field table, by name. */
export const ModelCreate = z.looseObject({
  name: ModelIdentity.shape.name,
  served_model_name: servedName,
  engine_type: EngineType,
  runtime: Runtime.optional(),
  mode: z.enum(['offline', 'online']).default('offline'),
  task: Task.default('generate'),
  local_path: ModelIdentity.shape.local_path.optional(),
  repo_id: ModelIdentity.shape.repo_id.optional(),
  engine_build_id: z.string().nullable().optional(),
  engine_image: imageReference.nullable().optional(),
  engine_digest: imageDigest.nullable().optional(),
  hf_token: hubToken.nullable().optional(),
});
export type ModelCreate = z.infer<typeof ModelCreate>;

export const ModelPatch = z.looseObject({
  name: ModelIdentity.shape.name.optional(),
  served_model_name: servedName.optional(),
  runtime: Runtime.optional(),
  task: Task.optional(),
  local_path: ModelIdentity.shape.local_path.optional(),
  repo_id: ModelIdentity.shape.repo_id.optional(),
  engine_build_id: z.string().nullable().optional(),
  engine_image: imageReference.nullable().optional(),
  engine_digest: imageDigest.nullable().optional(),
  hf_token: hubToken.nullable().optional(),
  archived: z.boolean().optional(),
});
export type ModelPatch = z.infer<typeof ModelPatch>;

/** The state that was really reached, within the time a start waits. */
export const StartAnswer = z.object({
  status: ModelState,
  port: z.number().int().nullable(),
  container: z.string().nullable(),
  error: z.string().nullable(),
  diagnosis: Diagnosis.nullable(),
});
export type StartAnswer = z.infer<typeof StartAnswer>;

export const Readiness = z.object({ status: z.enum(['ready', 'loading', 'stopped', 'error']), detail: z.string() });
export type Readiness = z.infer<typeof Readiness>;

export const LogLine = z.object({
  /** Rises by one a line within one launch; a new launch begins again with 0 after a line of kind `launch`. */
  n: z.number().int(),
  /** Epoch milliseconds. */
  at: z.number(),
  level: z.enum(['error', 'warning', 'info', 'debug']),
  /** The phase that begins with this line; null for the others. */
  phase: z.string().nullable(),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

export const DiagnosedLogs = z.object({
  logs: z.string(),
  diagnosis: Diagnosis.nullable(),
  summary: z.string().nullable(),
  state: ModelState,
});
export type DiagnosedLogs = z.infer<typeof DiagnosedLogs>;

/** A watch says everything once, then what changed. */
export const ModelEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('snapshot'), models: z.array(Model) }),
  z.object({ type: z.literal('changed'), model: Model }),
  z.object({ type: z.literal('deleted'), id: z.number().int() }),
]);
export type ModelEvent = z.infer<typeof ModelEvent>;
