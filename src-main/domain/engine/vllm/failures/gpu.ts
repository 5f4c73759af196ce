import { withVariable } from '../../diagnosis.ts';
import type { DiagnosisInput } from '../../driver.ts';
import { advice, type FailureRule, type Fix } from '../../failure-rule.ts';
import {
  allGpus,
  dividingSize,
  fewerSequences,
  largerShare,
  lessGpuMemory,
  lessWeights,
  MARGIN,
  moreGpus,
  moreSharedMemory,
  numberOf,
  share,
  shareFor,
  smallerCache,
  smallerShare,
  withoutGraphs,
} from '../fixes.ts';
import { memoryFacts } from '../memory-facts.ts';

/** What a GPU, or several together, cannot do. Texts are those of 0.28 to 0.33. */
export const GPU_MEMORY_RULES: readonly FailureRule[] = [
  {
    code: 'gpu_memory_taken',
    pattern:
      /Free memory on device(?: \S+)? \(([\d.]+)\/([\d.]+) GiB\)(?: on startup)? is less than desired GPU memory utilization \(([\d.]+), ([\d.]+) GiB\)/,
    summary: (match) =>
      `Only ${match[1]} of ${match[2]} GiB of the GPU are free, and the model may take ${match[4]} GiB: other programs use the rest.`,
    fixes: (_, match) => [
      ...share(Number(match[1]) / Number(match[2]) - MARGIN),
      { title: 'Stop other models on this GPU, or close what else uses it', patch: null },
    ],
  },
  {
    code: 'kv_cache_too_small',
    pattern:
      /max seq len \((\d+)\),? \(?([\d.]+) GiB KV cache is needed, which is larger than the available KV cache memory \(([\d.]+) GiB\)/,
    summary: (match) =>
      `A context of ${match[1]} tokens needs ${match[2]} GiB of KV cache, and ${match[3]} GiB are left on the GPU.`,
    fixes: (input, match) => roomForCache(input, match.input, Number(match[2]), Number(match[3])),
  },
  {
    code: 'kv_cache_none',
    pattern: /No available memory for the cache blocks/,
    summary: 'After loading the weights nothing is left on the GPU for the KV cache.',
    fixes: (input) => [
      ...shareForMissing(input),
      ...moreGpus(input),
      ...withoutGraphs(input.fields),
      { title: 'Choose a smaller or quantized model', patch: null },
    ],
  },
  {
    code: 'context_does_not_fit',
    pattern: /Cannot auto-fit max_model_len: not enough GPU memory/,
    summary: 'Not even a short context fits on the GPU beside the weights.',
    fixes: (input) => [
      ...shareForMissing(input),
      ...moreGpus(input),
      { title: 'Choose a smaller or quantized model', patch: null },
    ],
  },
  {
    code: 'weights_too_large',
    pattern: /Failed to load model - not enough GPU memory/,
    summary: 'The weights of the model are larger than the free memory of the GPU.',
    fixes: lessWeights,
  },
  {
    code: 'gpu_out_of_memory',
    pattern: /CUDA out of memory occurred when warming up sampler with (\d+) dummy requests/,
    summary: (match) => `The GPU has no memory for ${match[1]} requests at once.`,
    fixes: (input, match) => [
      ...fewerSequences(input.fields, Number(match[1])),
      ...smallerShare(input.fields, match.input, memoryFacts(input.lines)),
    ],
  },
  {
    code: 'gpu_memory_changed',
    pattern:
      /Error in memory profiling|other processes release GPU memory|Please ensure that other processes.*GPU memory/,
    summary: 'Another program gave back or took GPU memory while the engine measured it.',
    fixes: advice('Start it again, with nothing else starting or ending on this GPU'),
  },
  {
    code: 'gpu_out_of_memory',
    pattern:
      /CUDA out of memory(?:\. Tried to allocate ([\d.]+ [KMG]iB))?|torch\.OutOfMemoryError|cuda runtime error.*out of memory/i,
    summary: (match) =>
      match[1] === undefined
        ? 'The memory of the GPU was not enough.'
        : `The memory of the GPU was not enough: ${match[1]} more were needed.`,
    fixes: (input, match) => [
      ...smallerShare(input.fields, match.input, memoryFacts(input.lines)),
      ...lessGpuMemory(input),
    ],
  },
  {
    code: 'gpu_count',
    pattern:
      /World size \((\d+)\) is larger than the number of available GPUs(?: \((\d+)\))?|[Tt]ensor parallel size \((\d+)\) (?:exceeds|cannot be larger than)[^(\d]*\(?(\d+)/,
    summary: (match, input) =>
      `The model is spread over ${match[1] ?? match[3]} GPUs, and ${match[2] ?? match[4] ?? input.gpus} are there.`,
    fixes: (input, match) => {
      const there = Number(match[2] ?? match[4] ?? input.gpus);
      return [...allGpus({ ...input, gpus: there }), { title: 'Choose more GPUs for this model', patch: null }];
    },
  },
  {
    code: 'gpu_count',
    pattern: /DP adjusted local rank (\d+) is out of bounds for (\d+) devices/,
    summary: (match) => `The model is spread over more GPUs than the ${match[2]} that are there.`,
    fixes: (input, match) => allGpus({ ...input, gpus: Number(match[2]) }),
  },
  {
    code: 'gpu_heads',
    pattern: /Total number of attention heads \((\d+)\) must be divisible by tensor parallel size \((\d+)\)/,
    summary: (match) => `${match[2]} GPUs cannot share the ${match[1]} attention heads of this model equally.`,
    fixes: (_, match) => {
      const size = dividingSize(Number(match[1]), Number(match[2]));
      return [{ title: `Share every layer between ${size}`, patch: { tp_size: size } }];
    },
  },
  {
    code: 'gpu_number_format',
    pattern:
      /Bfloat16 is only supported on GPUs with compute capability of at least ([\d.]+)\. Your (.+?) GPU has compute capability ([\d.]+)/i,
    summary: (match) =>
      `The ${match[2]} cannot compute in bfloat16: it has compute capability ${match[3]}, and ${match[1]} is needed.`,
    fixes: () => [{ title: 'Compute in float16', patch: { dtype: 'half' } }],
  },
  {
    code: 'gpu_quantization',
    pattern:
      /The quantization method (\S+) is not supported for the current GPU\. Minimum capability: (\d+)\. Current capability: (\d+)/,
    summary: (match) =>
      `This GPU cannot run ${match[1]} weights: they need compute capability ${capability(match[2])}, and it has ${capability(match[3])}.`,
    fixes: advice('Choose the model in another quantization: awq and gptq run on more GPUs'),
  },
  {
    code: 'no_gpu',
    pattern:
      /Failed to infer device type|No CUDA GPUs are available|libcuda\.so\.1: cannot open shared object file|Found no NVIDIA driver/,
    summary: (_, input) =>
      input.runtime === 'container'
        ? 'The container was given no GPU.'
        : 'There is no NVIDIA GPU that the engine can use.',
    fixes: (input) => [
      ...(input.fields['device'] === 'cpu' ? [{ title: 'Give it the GPUs', patch: { device: null } }] : []),
      { title: 'Check the driver with nvidia-smi; llama.cpp runs models without a GPU too', patch: null },
    ],
  },
  {
    code: 'shared_memory_full',
    pattern:
      /No space left on device.*(?:\/dev\/shm|\/torch_\d)|(?:\/dev\/shm|\/torch_\d).*No space left on device|Bus error|insufficient shared memory/i,
    summary: 'The memory that the engine’s processes share is full.',
    fixes: moreSharedMemory,
  },
  {
    code: 'nccl_timeout',
    pattern: /Watchdog caught collective operation timeout|NCCL[^\n]*timeout|watchdog caught NCCL/i,
    summary: 'The GPUs waited for each other in vain.',
    fixes: (input) => [
      ...withVariable(input.fields, 'NCCL_P2P_DISABLE', '1'),
      { title: 'Do without the fast way between GPUs', patch: { disable_custom_all_reduce: true } },
      { title: 'Check with "nvidia-smi topo -m" how the GPUs are connected', patch: null },
    ],
  },
  {
    code: 'nccl_error',
    pattern:
      /NCCL error|ncclInternalError|ncclSystemError|ncclUnhandledCudaError|unhandled (?:system|cuda) error \(run with NCCL_DEBUG/i,
    summary: 'The GPUs cannot talk to each other.',
    fixes: (input) => [
      ...withVariable(input.fields, 'NCCL_P2P_DISABLE', '1'),
      ...moreSharedMemory(input),
      ...withVariable(input.fields, 'NCCL_DEBUG', 'INFO'),
    ],
  },
];

/** "89" is 8.9. */
function capability(number: string | undefined): string {
  return number === undefined ? '' : `${Math.floor(Number(number) / 10)}.${Number(number) % 10}`;
}

/**
 * What gives a context of full length its KV cache, by its own numbers. The length that vLLM itself says always works;
 * what loses less stands behind it, where it is enough.
 */
function roomForCache(input: DiagnosisInput, line: string, neededGiB: number, leftGiB: number): Fix[] {
  const facts = memoryFacts(input.lines);
  const spread = (numberOf(input.fields, 'tp_size') ?? 1) / Math.max(1, input.gpus);
  // Spread over more GPUs, each holds less of the cache and of the weights.
  const leftSpreadGiB = leftGiB + (facts.weights ?? 0) * Math.max(0, 1 - spread);
  return [
    ...longestContext(line),
    ...shareFor(input.fields, neededGiB - leftGiB, facts),
    ...(neededGiB * spread <= leftSpreadGiB ? moreGpus(input) : []),
    ...(neededGiB / 2 <= leftGiB ? smallerCache(input.fields) : []),
    { title: 'Choose a smaller or quantized model', patch: null },
  ];
}

/** A larger share, by what the log says is missing; a usual step where it does not say. */
function shareForMissing({ fields, lines }: DiagnosisInput): Fix[] {
  const facts = memoryFacts(lines);
  return facts.cache === null || facts.gpu === null
    ? largerShare(fields)
    : shareFor(fields, Math.max(0, -facts.cache), facts);
}

/** vLLM says itself how long a context fits. */
function longestContext(line: string) {
  const most = Number(/estimated maximum model length is (\d+)/.exec(line)?.[1] ?? 0);
  return most < 1 ? [] : [{ title: `Use the ${most} tokens that fit`, patch: { max_model_len: most } }];
}
