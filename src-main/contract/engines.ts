import { z } from 'zod';
import { FieldValue } from './models.ts';

export const Backend = z.enum(['cuda', 'vulkan', 'metal', 'rocm', 'cpu']);
export type Backend = z.infer<typeof Backend>;

export const BuildSource = z.enum(['carried', 'release', 'path']);
export type BuildSource = z.infer<typeof BuildSource>;

/** Whether one backend of a build can work on this machine, found by loading it. */
export const BackendCheck = z.object({
  backend: Backend,
  usable: z.boolean(),
  /** "libcudart.so.13 is missing": null when usable. */
  problem: z.string().nullable(),
  cure: z.string().nullable(),
});
export type BackendCheck = z.infer<typeof BackendCheck>;

/** An installed llama.cpp engine. */
export const EngineBuild = z.object({
  id: z.string(),
  engine_type: z.literal('llamacpp'),
  version: z.string(),
  source: BuildSource,
  /** The backend that a model started now would use. */
  backend: Backend,
  backends: z.array(BackendCheck),
  /** SHA-256 of the executable, as hex. */
  digest: z.string(),
  size_bytes: z.number().int(),
  path: z.string(),
  is_default: z.boolean(),
  status: z.enum(['ready', 'broken']),
  problem: z.string().nullable(),
  installed_at: z.number(),
});
export type EngineBuild = z.infer<typeof EngineBuild>;

/** What could be installed: the carried engine, and the archives of the project's own releases for this platform. */
export const AvailableBuild = z.object({
  source: BuildSource,
  version: z.string(),
  backend: Backend,
  asset: z.string().nullable(),
  size_bytes: z.number().int().nullable(),
  digest: z.string().nullable(),
  installed: z.boolean(),
  /** Why it cannot be installed here, with the cure; null when it can. */
  problem: z.string().nullable(),
});
export type AvailableBuild = z.infer<typeof AvailableBuild>;

export const InstallBuild = z.discriminatedUnion('source', [
  z.object({ source: z.literal('carried') }),
  z.object({ source: z.literal('release'), version: z.string().min(1), asset: z.string().min(1) }),
  z.object({ source: z.literal('path'), path: z.string().min(1).max(4096) }),
]);
export type InstallBuild = z.infer<typeof InstallBuild>;

/** One row of the field table, with the default this machine gives it. */
export const FieldSpec = z.object({
  name: z.string(),
  label: z.string(),
  help: z.string(),
  group: z.string(),
  engine: z.enum(['llamacpp', 'vllm']),
  type: z.enum(['integer', 'number', 'boolean', 'string', 'choice', 'list']),
  unit: z.string().nullable(),
  choices: z.array(z.string()).nullable(),
  /** Known values of an open list: other ones are taken too. */
  suggestions: z.array(z.string()).nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  /** The flag or environment name it becomes; null for what the gateway applies. */
  flag: z.string().nullable(),
  /** What is sent when the field is not set; null: nothing, the engine decides. */
  default: FieldValue,
  /** True when a change needs a restart of the model. */
  needs_restart: z.boolean(),
  /** The only runtime it means something to; null for both. */
  runtime: z.enum(['process', 'container']).nullable(),
  /** The engine versions that know the flag: from `since` on, before `until`. */
  since: z.string().nullable(),
  until: z.string().nullable(),
  essential: z.boolean(),
});
export type FieldSpec = z.infer<typeof FieldSpec>;

/** What one image or binary says it knows, for whoever writes flags of his own. */
export const EngineFlags = z.object({
  engine_type: z.enum(['llamacpp', 'vllm']),
  /** Null for the plain program. */
  image: z.string().nullable(),
  version: z.string().nullable(),
  flags: z.array(
    z.object({
      flag: z.string(),
      choices: z.array(z.string()).nullable(),
      /** The field that becomes this flag; null where there is none. */
      field: z.string().nullable(),
      /** Why it is refused among one's own flags; null where it is free. */
      refusal: z.string().nullable(),
    }),
  ),
});
export type EngineFlags = z.infer<typeof EngineFlags>;

export const EngineSpec = z.object({ engine_type: z.enum(['llamacpp', 'vllm']), fields: z.array(FieldSpec) });
export type EngineSpec = z.infer<typeof EngineSpec>;
