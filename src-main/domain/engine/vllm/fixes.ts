import type { DiagnosisInput } from '../driver.ts';
import type { Fix } from '../failure-rule.ts';
import type { FieldValues } from '../field-table.ts';
import { failedAllocation, memoryFacts, type MemoryFacts } from './memory-facts.ts';

/** vLLM's own default: https://docs.vllm.ai/en/latest/configuration/engine_args */
const USUAL_SHARE = 0.92;
const LARGEST_SHARE = 0.95;
/** Two hundredths stay free: what other programs take moves a little. */
export const MARGIN = 0.02;
const SMALLEST_CONTEXT = 512;
const USUAL_SEQUENCES = 256;

export function numberOf(fields: FieldValues, name: string): number | null {
  const value = fields[name];
  return typeof value === 'number' ? value : null;
}

/** A share of the GPU's memory as a fix, in whole percent; none where it would be senseless. */
export function share(value: number): Fix[] {
  // 0.5 + 0.08 is a hair less than 0.58.
  const rounded = Math.floor(value * 100 + 1e-6) / 100;
  if (rounded < 0.05 || rounded > 0.98) return [];
  return [
    { title: `Take ${Math.round(rounded * 100)} % of the GPU’s memory`, patch: { gpu_memory_utilization: rounded } },
  ];
}

/** A usual step up, where no number is known. */
export function largerShare(fields: FieldValues): Fix[] {
  const now = shareOf(fields);
  return now >= LARGEST_SHARE ? [] : share(Math.min(LARGEST_SHARE, now + 0.08));
}

/** The share that holds so much more; none where the GPU has not got it free, or its size is not known. */
export function shareFor(fields: FieldValues, missingGiB: number, { gpu }: MemoryFacts): Fix[] {
  if (gpu === null) return [];
  const wanted = wholePercent(shareOf(fields) + missingGiB / gpu.total + MARGIN);
  return wanted > Math.min(LARGEST_SHARE, gpu.free / gpu.total - MARGIN) ? [] : share(wanted);
}

/** Room for an allocation that failed beside the KV cache; none where the cache has not so much to give back. */
export function smallerShare(fields: FieldValues, line: string, facts: MemoryFacts): Fix[] {
  if (facts.phase === 'weights' || facts.phase === 'profile') return [];
  const failed = failedAllocation(line);
  const needed = failed === null ? 0 : (failed.wanted - failed.free) / failed.total + MARGIN;
  const step = Math.max(0.07, wholePercent(needed));
  if (failed !== null && facts.cache !== null && step * failed.total >= facts.cache) return [];
  return share(shareOf(fields) - step);
}

/** The next whole percent above; 0.8 + 0.07 is a hair more than 0.87. */
function wholePercent(value: number): number {
  return Math.ceil(value * 100 - 1e-6) / 100;
}

function shareOf(fields: FieldValues): number {
  return numberOf(fields, 'gpu_memory_utilization') ?? USUAL_SHARE;
}

export function smallerContext(fields: FieldValues): Fix[] {
  const length = numberOf(fields, 'max_model_len');
  if (length === -1) return [];
  if (length === null) return [{ title: 'As long a context as fits', patch: { max_model_len: -1 } }];
  if (length <= SMALLEST_CONTEXT) return [];
  const half = Math.max(SMALLEST_CONTEXT, Math.floor(length / 2));
  return [{ title: `Halve the context to ${half} tokens`, patch: { max_model_len: half } }];
}

/** Half the memory a token, where the cache is still of full size. */
export function smallerCache(fields: FieldValues): Fix[] {
  const type = fields['kv_cache_dtype'] ?? 'auto';
  return type === 'auto' || type === 'float16' || type === 'bfloat16'
    ? [{ title: 'Halve the KV cache: fp8', patch: { kv_cache_dtype: 'fp8' } }]
    : [];
}

export function fewerSequences(fields: FieldValues, known: number | null = null): Fix[] {
  const now = known ?? numberOf(fields, 'max_num_seqs') ?? USUAL_SEQUENCES;
  const fewer = Math.max(1, Math.floor(now / 4));
  return now === fewer ? [] : [{ title: `Run ${fewer} requests at once`, patch: { max_num_seqs: fewer } }];
}

export function withoutGraphs(fields: FieldValues): Fix[] {
  return fields['enforce_eager'] === true
    ? []
    : [{ title: 'Make no CUDA graphs', patch: { enforce_eager: true, cuda_graph_sizes: null } }];
}

/** Every GPU it was given shares every layer. */
export function allGpus(input: DiagnosisInput): Fix[] {
  const { gpus } = input;
  if (gpus < 1 || numberOf(input.fields, 'tp_size') === gpus) return [];
  const title = gpus === 1 ? 'Use the one GPU it has' : `Share every layer between its ${gpus} GPUs`;
  return [{ title, patch: { tp_size: gpus, pipeline_parallel_size: null, data_parallel_size: null } }];
}

export function moreGpus(input: DiagnosisInput): Fix[] {
  const now = numberOf(input.fields, 'tp_size') ?? 1;
  return input.gpus > now ? allGpus(input) : [];
}

/** The largest number of GPUs that divides the heads and is there. */
export function dividingSize(heads: number, most: number): number {
  for (let size = Math.max(1, most); size > 1; size -= 1) if (heads % size === 0) return size;
  return 1;
}

/** Weights that do not fit: only what spreads them, or other ones, helps. */
export function lessWeights(input: DiagnosisInput): Fix[] {
  const offloadGiB = 8;
  const hasRoom = input.machine.totalMemoryBytes >= 2 * offloadGiB * 2 ** 30;
  return [
    ...moreGpus(input),
    { title: 'Choose a smaller or quantized model', patch: null },
    ...(hasRoom && (numberOf(input.fields, 'cpu_offload_gb') ?? 0) < offloadGiB
      ? [
          {
            title: 'Keep a part of the weights in the computer’s memory (slow)',
            patch: { cpu_offload_gb: offloadGiB },
          },
        ]
      : []),
  ];
}

/** What makes a model need less of the GPU, least loss first. */
export function lessGpuMemory(input: DiagnosisInput): Fix[] {
  const { fields } = input;
  if (memoryFacts(input.lines).phase === 'weights') return lessWeights(input);
  return [
    ...moreGpus(input),
    ...smallerContext(fields),
    ...smallerCache(fields),
    ...fewerSequences(fields),
    ...withoutGraphs(fields),
  ];
}

/** What makes the engine need less of the computer's memory. */
export function lessHostMemory(input: DiagnosisInput): Fix[] {
  const { fields } = input;
  const offloaded = ['cpu_offload_gb', 'kv_offloading_size'].filter((name) => (numberOf(fields, name) ?? 0) > 0);
  return [
    ...(offloaded.length === 0
      ? []
      : [
          {
            title: 'Keep everything on the GPU',
            patch: Object.fromEntries(offloaded.map((name) => [name, null])),
          },
        ]),
    ...(fields['mm_processor_cache_gb'] === 0
      ? []
      : [{ title: 'Keep no images in memory', patch: { mm_processor_cache_gb: 0 } }]),
    { title: 'Close other programs, or choose a smaller model', patch: null },
  ];
}

export function moreSharedMemory(input: DiagnosisInput): Fix[] {
  if (input.runtime === 'process') {
    return [{ title: 'Make /dev/shm larger: sudo mount -o remount,size=16G /dev/shm', patch: null }];
  }
  const now = numberOf(input.fields, 'shm_size_gb') ?? 8;
  return [
    { title: `Give it ${now * 2} GiB of shared memory`, patch: { shm_size_gb: now * 2 } },
    { title: 'Use the computer’s shared memory', patch: { ipc_mode: 'host' } },
  ];
}
