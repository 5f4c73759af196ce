import { z } from 'zod';

/** What a model's config.json says that a start depends on; null where it does not say. */
export interface ModelConfig {
  readonly architecture: string | null;
  /** Tokens it was made for, by vLLM's rule (vllm/config/model.py): the smallest length named, stretched by its RoPE scaling. */
  readonly maxLength: number | null;
  readonly attentionHeads: number | null;
  /** "awq", "fp8", "compressed-tensors"; null for weights as they were trained. */
  readonly quantization: string | null;
  /** Python code of its own that would have to run ("auto_map"). */
  readonly hasOwnCode: boolean;
}

const Config = z.record(z.string(), z.unknown());
const NESTED = ['text_config', 'llm_config'];
const LENGTHS = [
  'max_position_embeddings',
  'n_positions',
  'max_seq_len',
  'seq_length',
  'model_max_length',
  'max_target_positions',
  'max_sequence_length',
  'max_seq_length',
  'seq_len',
];
/** Kinds of RoPE scaling whose length is the one named already. */
const NAMED_ALREADY = new Set(['su', 'longrope', 'llama3', 'mrope', 'default', 'dynamic']);

/** Reads the text of a config.json; null for what is none. */
export function readModelConfig(text: string): ModelConfig | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const config = Config.safeParse(json).data;
  if (config === undefined) return null;
  // The language part of a model that sees or hears lies inside.
  const inner = NESTED.map((key) => Config.safeParse(config[key]).data).find((part) => part !== undefined) ?? config;
  const architectures = z.array(z.string()).safeParse(config['architectures']).data;
  const quantization = Config.safeParse(config['quantization_config'] ?? inner['quantization_config']).data;
  return {
    architecture: architectures?.[0] ?? null,
    maxLength: lengthOf(inner),
    attentionHeads: wholeIn(inner, ['num_attention_heads', 'n_head']),
    quantization: typeof quantization?.['quant_method'] === 'string' ? quantization['quant_method'] : null,
    hasOwnCode: config['auto_map'] !== undefined,
  };
}

function lengthOf(config: Record<string, unknown>): number | null {
  const lengths = LENGTHS.flatMap((key) => wholeIn(config, [key]) ?? []);
  if (lengths.length === 0) return null;
  const named = Math.min(...lengths);
  const rope = Config.safeParse(config['rope_parameters'] ?? config['rope_scaling']).data;
  if (rope === undefined) return named;
  const kind = rope['rope_type'] ?? rope['type'];
  const { factor } = rope;
  if (typeof factor !== 'number' || typeof kind !== 'string' || NAMED_ALREADY.has(kind)) return named;
  const original = kind === 'yarn' ? wholeIn(rope, ['original_max_position_embeddings']) : null;
  return Math.floor((original ?? named) * factor);
}

function wholeIn(config: Record<string, unknown>, keys: readonly string[]): number | null {
  for (const key of keys) {
    const value = config[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  }
  return null;
}
