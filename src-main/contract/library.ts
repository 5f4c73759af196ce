import { z } from 'zod';

export const LibraryFolder = z.object({
  path: z.string(),
  /** The base directory is a library folder that cannot be removed, only changed. */
  base: z.boolean(),
  exists: z.boolean(),
});
export type LibraryFolder = z.infer<typeof LibraryFolder>;

export const GgufMetadata = z.object({
  architecture: z.string().nullable(),
  name: z.string().nullable(),
  context_length: z.number().int().nullable(),
  embedding_length: z.number().int().nullable(),
  block_count: z.number().int().nullable(),
  attention_head_count: z.number().int().nullable(),
  attention_head_count_kv: z.number().int().nullable(),
  vocab_size: z.number().int().nullable(),
  /** The quantization by its true name, as llama.cpp calls it: "Q4_K_M". */
  file_type: z.string().nullable(),
  parameter_count: z.number().nullable(),
  has_chat_template: z.boolean(),
  license: z.string().nullable(),
});
export type GgufMetadata = z.infer<typeof GgufMetadata>;

export const GgufGroup = z.object({
  quant_type: z.string(),
  /** File names within the folder, in part order. */
  files: z.array(z.string()),
  total_size_mb: z.number(),
  is_multipart: z.boolean(),
  status: z.enum(['ready', 'incomplete', 'invalid']),
  /** model, projector (mmproj), adapter (LoRA), vocabulary only. */
  kind: z.enum(['model', 'projector', 'adapter', 'vocabulary']),
  task: z.enum(['generate', 'embed']),
  /** What is wrong with a group that is not ready. */
  problem: z.string().nullable(),
  /** Pass this as a model's local_path. */
  path: z.string(),
  metadata: GgufMetadata.nullable(),
});
export type GgufGroup = z.infer<typeof GgufGroup>;

/** The seed's shape, with our additions (kind, problem, path, ...) beside it. */
export const FolderInspection = z.object({
  has_gguf: z.boolean(),
  has_safetensors: z.boolean(),
  gguf_groups: z.array(GgufGroup),
  safetensor_info: z.null(),
  engine_recommendation: z.object({
    recommended_engine: z.enum(['llamacpp', 'vllm']).nullable(),
    recommended_format: z.enum(['gguf', 'safetensors']).nullable(),
    reason: z.string(),
    has_multipart_gguf: z.boolean(),
    has_safetensors: z.boolean(),
    has_gguf: z.boolean(),
  }),
  gguf_validation: z.object({
    total_files: z.number().int(),
    /** Files of groups that are ready. */
    valid_files: z.number().int(),
    /** Files that were looked into and belong to a group that is not ready. */
    invalid_files: z.number().int(),
    errors: z.array(z.object({ file: z.string(), code: z.string(), message: z.string() })),
  }),
});
export type FolderInspection = z.infer<typeof FolderInspection>;
