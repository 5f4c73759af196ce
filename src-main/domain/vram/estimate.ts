import type { ModelHeader } from '../engine/driver.ts';
import { llamacppFields } from '../engine/llamacpp/fields.ts';
import type { EngineName, FieldValues } from '../engine/field-table.ts';
import { vllmFields } from '../engine/vllm/fields.ts';

const GIB = 2 ** 30;
const SHARE_LABEL = vllmFields.rows.find((row) => row.name === 'gpu_memory_utilization')?.label ?? '';

/** Bytes an element takes, block scales included (ggml's block layouts: q8_0 is 34 bytes for 32 elements). */
const CACHE_BYTES: Readonly<Record<string, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
  iq4_nl: 18 / 32,
};

export interface MemoryEstimate {
  readonly weightsGiB: number;
  /** Null where the model's shape is not known, or the engine takes what is left anyway. */
  readonly kvCacheGiB: number | null;
  /** What the sum leaves out. */
  readonly note: string;
}

/** Weights by the size of the files, and llama.cpp's KV cache by the header: bytes of K and V for each token and layer. */
export function estimateMemory(
  engine: EngineName,
  fields: FieldValues,
  files: { readonly bytes: number; readonly header: ModelHeader | null },
): MemoryEstimate | null {
  const weightsGiB = files.bytes / GIB;
  if (engine === 'vllm') {
    const note = `The weights alone. vLLM takes what "${SHARE_LABEL}" says of each GPU, whatever the model needs.`;
    return { weightsGiB, kvCacheGiB: null, note };
  }
  if (fields['ngl'] === 0 || fields['device'] === 'cpu') {
    return { weightsGiB: 0, kvCacheGiB: 0, note: 'Nothing is put on a GPU.' };
  }
  const note = 'Weights and KV cache; the compute buffers and the GPU runtime come on top, usually under 1 GiB.';
  return { weightsGiB, kvCacheGiB: kvCacheGiB(fields, files.header), note };
}

function kvCacheGiB(fields: FieldValues, header: ModelHeader | null): number | null {
  if (header?.kvElementsPerToken === null || header === null) return null;
  const { keys, values } = header.kvElementsPerToken;
  const usual = llamacppFields.rows.find((row) => row.name === 'context_size')?.defaultFor(ANY_MACHINE);
  const trained = header.trainedContext ?? Number.POSITIVE_INFINITY;
  const set = fields['context_size'];
  const context = typeof set === 'number' ? set : Math.min(Number(usual), trained);
  const bytes =
    keys * (CACHE_BYTES[String(fields['cache_type_k'] ?? 'f16')] ?? 2) +
    values * (CACHE_BYTES[String(fields['cache_type_v'] ?? 'f16')] ?? 2);
  return (context * bytes) / GIB;
}

const ANY_MACHINE = { logicalCores: 1, physicalCores: 1, totalMemoryBytes: 0, backend: 'cpu' } as const;
