import { z } from 'zod';
import { FieldPatch, FieldValue, ModelState } from './models.ts';

/** Something a person should know before a start. A fix is a patch to the configuration. */
export const ConfigWarning = z.object({
  severity: z.enum(['info', 'warning', 'error']),
  /** "vram", "config", "args", "image", "gpu", "docker", or the code of a refusal. */
  category: z.string(),
  title: z.string(),
  message: z.string(),
  /** The field it is about; null when it concerns the whole. */
  field: z.string().nullable(),
  fix: z.object({ title: z.string(), patch: FieldPatch.nullable() }).nullable(),
});
export type ConfigWarning = z.infer<typeof ConfigWarning>;

/** What a start would do. Nothing secret is in it. */
export const DryRun = z.object({
  /** False when a start would be refused. */
  valid: z.boolean(),
  /** The engine's whole command line, its program first. */
  command: z.array(z.string()),
  /** The same, quoted for a shell. */
  command_str: z.string(),
  /** The complete `docker run` line with secrets masked; null for a plain process. */
  docker_run: z.string().nullable(),
  /** Environment of the engine, secrets masked. */
  env: z.record(z.string(), z.string()),
  image: z.string().nullable(),
  warnings: z.array(ConfigWarning),
  /** GiB on all chosen GPUs together; null where the model's size is not known. */
  vram_estimate_gb: z.number().nullable(),
  /** The parts of that sum, in GiB. */
  vram_estimate: z.object({ weights_gb: z.number(), kv_cache_gb: z.number().nullable(), note: z.string() }).nullable(),
});
export type DryRun = z.infer<typeof DryRun>;

/** One difference between what runs and what is stored. */
export const ConfigChange = z.object({
  field: z.string(),
  label: z.string(),
  before: FieldValue,
  after: FieldValue,
  needs_restart: z.boolean(),
});
export type ConfigChange = z.infer<typeof ConfigChange>;

export const ApplyAnswer = z.object({
  status: z.literal('applied'),
  /** What differed. */
  changes: z.array(ConfigChange),
  /** False when nothing of it needed a restart. */
  restarted: z.boolean(),
  state: ModelState,
  port: z.number().int().nullable(),
  container: z.string().nullable(),
  error: z.string().nullable(),
});
export type ApplyAnswer = z.infer<typeof ApplyAnswer>;

/** One real request to a running model, made for its owner. */
export const ModelTest = z.object({
  success: z.boolean(),
  test_type: z.enum(['chat', 'embedding']),
  request: z.record(z.string(), z.unknown()),
  response: z.unknown(),
  /** At most 500 characters. */
  error: z.string().nullable(),
  latency_ms: z.number(),
  /** Epoch seconds. */
  timestamp: z.number(),
});
export type ModelTest = z.infer<typeof ModelTest>;

/** How a configuration leaves the program. `cortex` is read back without losing a value. */
export const ExportFormat = z.enum(['docker-run', 'compose', 'kubernetes', 'cortex']);
export type ExportFormat = z.infer<typeof ExportFormat>;

export const Exported = z.object({
  format: ExportFormat,
  /** To save it under. */
  filename: z.string(),
  text: z.string(),
  /** What to know before using it. */
  warnings: z.array(z.string()),
});
export type Exported = z.infer<typeof Exported>;

/** An old or foreign word that was converted, in a sentence. */
export const Conversion = z.object({ field: z.string(), message: z.string() });
export type Conversion = z.infer<typeof Conversion>;

/** A pasted command or file as a draft of a model. */
export const ParsedConfiguration = z.object({
  source: z.enum(['docker-run', 'vllm', 'llama-server', 'cortex']),
  /** Input of `POST /admin/models`; what could not be told is missing. */
  draft: z.record(z.string(), z.unknown()),
  conversions: z.array(Conversion),
  /** What was left out, each with why. */
  dropped: z.array(z.object({ text: z.string(), reason: z.string() })),
});
export type ParsedConfiguration = z.infer<typeof ParsedConfiguration>;
