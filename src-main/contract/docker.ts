import { z } from 'zod';
import { EngineType } from './models.ts';

/** What stands between the program and containers; `ok` when nothing does. */
export const DockerProblem = z.enum([
  'ok',
  'not_installed',
  'not_running',
  'no_permission',
  'unreachable',
  'too_old',
  'error',
]);
export type DockerProblem = z.infer<typeof DockerProblem>;

/** Whether containers can be given a GPU: `none` means there is no NVIDIA GPU to give. */
export const ContainerGpu = z.object({
  status: z.enum(['ready', 'none', 'no_toolkit', 'driver_missing', 'unsupported', 'unknown']),
  /** How a GPU is asked for: by the NVIDIA runtime, or by CDI names. */
  method: z.enum(['nvidia', 'cdi']).nullable(),
  /** One sentence. */
  detail: z.string(),
  cure: z.string().nullable(),
});
export type ContainerGpu = z.infer<typeof ContainerGpu>;

/** The container engine as it is now. */
export const DockerStatus = z.object({
  problem: DockerProblem,
  /** One sentence: what runs, or what is missing. */
  detail: z.string(),
  /** The command that mends it; null when nothing is wrong. */
  cure: z.string().nullable(),
  kind: z.enum(['docker', 'docker-desktop', 'podman']).nullable(),
  /** Where it answers: "unix:///var/run/docker.sock". */
  host: z.string().nullable(),
  /** How that address was found: "DOCKER_HOST", "context desktop-linux", "default socket". */
  found_by: z.string().nullable(),
  version: z.string().nullable(),
  api_version: z.string().nullable(),
  rootless: z.boolean(),
  gpu: ContainerGpu,
  checked_at: z.number(),
});
export type DockerStatus = z.infer<typeof DockerStatus>;

/** An engine image on this machine, or one that a model names and that is not here yet. */
export const EngineImage = z.object({
  /** "vllm/vllm-openai:v0.33.0", or an id where it has no name. */
  reference: z.string(),
  /** "sha256:..."; null while it is not here. */
  id: z.string().nullable(),
  /** The registry's digest ("sha256:..."), by which it can be pinned; null for one that was built or imported here. */
  digest: z.string().nullable(),
  engine_type: EngineType.nullable(),
  /** The engine's version, by the image's labels, its own word, or its tag. */
  version: z.string().nullable(),
  size_bytes: z.number().int().nullable(),
  created_at: z.number().nullable(),
  present: z.boolean(),
  /** What an engine's models take where they name none. */
  is_default: z.boolean(),
  /** Names of the models that use it. */
  models: z.array(z.string()),
  /** How many flags its own help names; null before it was read. */
  known_flags: z.number().int().nullable(),
});
export type EngineImage = z.infer<typeof EngineImage>;

/** A container of ours that no model's life belongs to. */
export const OrphanContainer = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  state: z.string(),
  model_id: z.number().int().nullable(),
  model_name: z.string().nullable(),
  /** One sentence: the model is gone, or its configuration is another one by now. */
  reason: z.string(),
  created_at: z.number(),
});
export type OrphanContainer = z.infer<typeof OrphanContainer>;
