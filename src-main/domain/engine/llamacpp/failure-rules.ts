import { withoutFlags } from '../diagnosis.ts';
import type { DiagnosisInput } from '../driver.ts';
import { advice, type FailureRule, type Fix } from '../failure-rule.ts';
import { otherEngine } from '../runtime-failures.ts';
import { roomForWeights, smallerContext, smallerMemory } from './fixes.ts';
import { llamacppRows } from './rows.ts';

const COPY_AGAIN = 'Download or copy the file again, and compare its size with the original';

/**
 * The first rule that fits wins, so the most specific come first. Texts are those of v0.5.0, each provoked with the real
 * engine unless it needs a GPU.
 */
export const FAILURE_RULES: readonly FailureRule[] = [
  otherEngine('vLLM', 'llama.cpp', /^(?:usage: )?(?:vllm(?: serve)?|api_server\.py)(?:: error: | \[)/),
  {
    code: 'engine_broken',
    pattern:
      /error while loading shared libraries: ([^:]+): (?:file too short|invalid ELF header|ELF load command|cannot read file data)|symbol lookup error: ([^:]+)/,
    summary: (match) => `The engine itself is broken, not the model: ${match[1] ?? match[2]} is damaged.`,
    fixes: advice('Install this build again under Settings, Engine builds, or choose another'),
  },
  {
    code: 'gpu_not_given',
    pattern: /error while loading shared libraries: (libcuda\.so\.1):/,
    summary: (_, input) =>
      input.runtime === 'container'
        ? 'This image computes on NVIDIA GPUs, and its container was given none.'
        : 'This engine computes on NVIDIA GPUs, and the machine has no NVIDIA driver.',
    fixes: gpuForImage,
  },
  {
    code: 'library_missing',
    pattern: /error while loading shared libraries: ([^:]+):/,
    summary: (match) => `The engine needs ${match[1]}, which is not there.`,
    fixes: (_, match) => [
      { title: `Install the package that provides ${match[1]}, or take another engine build or image`, patch: null },
    ],
  },
  {
    code: 'draft_model_failed',
    pattern: /failed to load draft model, '(.+)'/,
    summary: (match) => `The draft model ${match[1]} cannot be loaded.`,
    fixes: () => [{ title: 'Start without a draft model', patch: withoutDraft }],
  },
  {
    code: 'projector_failed',
    pattern: /failed to load multimodal model, '(.+)'/,
    summary: (match) => `The projector ${match[1]} cannot be loaded: it is not the mmproj file of this model.`,
    fixes: () => [{ title: 'Start without the projector', patch: { mmproj_path: null } }],
  },
  {
    code: 'adapter_failed',
    pattern: /failed to (?:apply|load) lora adapter(?:,? '(.+)')?/,
    summary: (match) =>
      `The LoRA adapter ${match[1] ?? ''} cannot be loaded: it is not made for this model.`.replace('  ', ' '),
    fixes: () => [{ title: 'Start without adapters', patch: { lora_adapters_json: null } }],
  },
  {
    code: 'download_failed',
    pattern:
      /download failed: .*\(status: (\d+)\)|no GGUF files found in repository|required file is not available in cache \(offline mode\)/,
    summary: (match) =>
      match[1] === undefined
        ? 'The file that should be downloaded is not there.'
        : `The download was refused with status ${match[1]}.`,
    fixes: advice('Download the model under Library, and choose the file there'),
  },
  {
    code: 'file_missing',
    pattern: /failed to open GGUF file '(.+)' \((.+)\)/,
    summary: (match) => `The file ${match[1]} cannot be opened (${match[2]}).`,
    fixes: advice('Check that the file is still there and may be read'),
  },
  {
    code: 'not_a_gguf',
    pattern: /invalid magic characters: '(.*)', expected 'GGUF'/s,
    summary: 'The file is not a GGUF model: it does not begin like one.',
    fixes: advice('Choose another file; a page or a pointer saved under the name .gguf is a common cause', COPY_AGAIN),
  },
  {
    code: 'gguf_version_unsupported',
    pattern: /this GGUF file (?:is )?version (\d+)(?: but| is extremely large)|(GGUFv1) is no longer supported/,
    summary: 'The file has a GGUF version that this engine cannot read.',
    fixes: advice('Install a newer engine build in Settings', 'Take a copy of the model for little-endian machines'),
  },
  {
    code: 'file_header_truncated',
    pattern:
      /failed to read (?:key-value pairs|tensor info|header|magic)|string length \d+ exceeds|is too large to fit/,
    summary: 'The file ends in the middle of its header: it is cut off or damaged.',
    fixes: advice(COPY_AGAIN),
  },
  {
    code: 'file_data_truncated',
    pattern: /tensor '(.+)' data is not within the file bounds/,
    summary: (match) => `The file is cut off: the data of "${match[1]}" lies beyond its end.`,
    fixes: advice(COPY_AGAIN),
  },
  {
    code: 'architecture_unknown',
    pattern: /unknown model architecture: '(.+)'/,
    summary: (match) => `This engine does not know models of the architecture "${match[1]}".`,
    fixes: advice('Install a newer engine build in Settings'),
  },
  {
    code: 'split_part_missing',
    pattern: /illegal split file idx|invalid split count|failed to load GGUF split from/,
    summary: 'A part of this split model is missing, or it was started from another part than the first.',
    fixes: advice('Put all parts into one folder and choose the first one'),
  },
  {
    code: 'tensors_mismatch',
    pattern:
      /missing tensor '(.+)'|tensor '(.+)' (?:has wrong shape|is duplicated)|wrong number of tensors|has invalid data/,
    summary: 'The weights in the file are not those that its header promises.',
    fixes: advice(COPY_AGAIN, 'Install a newer engine build in Settings'),
  },
  {
    code: 'port_in_use',
    pattern: /couldn't bind HTTP server socket, hostname: \S+, port: (\d+)/,
    summary: (match) => `Another program took the port ${match[1]} before the engine could.`,
    fixes: advice('Start it again; another free port is taken'),
  },
  {
    code: 'flash_attention_required',
    pattern: /quantized V cache requires flash_attn to be enabled/,
    summary: 'The chosen KV cache type (V) needs flash attention, which is off.',
    fixes: () => [
      { title: 'Switch flash attention on', patch: { flash_attention: true } },
      { title: 'Use f16 for V', patch: { cache_type_v: 'f16' } },
    ],
  },
  {
    code: 'kv_cache_type_unsupported',
    pattern: /([KV]) cache type (\S+) with block size \d+ does not divide|Unsupported cache type: (\S+)/,
    summary: (match) => `The KV cache type ${match[2] ?? match[3]} does not work with this model or engine.`,
    fixes: () => [{ title: 'Use f16 for both', patch: { cache_type_k: 'f16', cache_type_v: 'f16' } }],
  },
  {
    code: 'gpu_out_of_memory',
    pattern:
      /cudaMalloc failed: out of memory|ErrorOutOfDeviceMemory|failed to allocate (?:CUDA|Vulkan|ROCm|Metal|MTL)\w* (?:buffer|host)|unable to allocate (?:CUDA|Vulkan|ROCm|MTL)\w* buffer/i,
    summary: 'The memory of the GPU is not enough for this model with this context.',
    fixes: (input) => lessMemory(input, 'gpu'),
  },
  {
    code: 'host_out_of_memory',
    pattern:
      /insufficient memory \(attempted to allocate ([\d.]+) MB\)|failed to allocate buffer for kv cache|failed to allocate compute (?:pp )?buffers|failed to allocate CPU\w* buffer|std::bad_alloc|Cannot allocate memory/,
    summary: (match) =>
      match[1] === undefined
        ? 'The memory of this computer is not enough for this model with this context.'
        : `The memory of this computer is not enough: ${Math.round(Number(match[1]))} MB more were needed.`,
    fixes: (input) => lessMemory(input, 'host'),
  },
  {
    code: 'gpu_driver_too_old',
    pattern:
      /CUDA driver version is insufficient for CUDA runtime version|PTX was compiled with an unsupported toolchain/,
    summary: 'The NVIDIA driver is too old for this engine.',
    fixes: advice(
      'Install a newer NVIDIA driver and restart the machine',
      'Or take an engine for an older CUDA: the image server-cuda12, or another build',
    ),
  },
  {
    code: 'gpu_too_old',
    pattern: /CUDA error: no kernel image is available for execution/,
    summary: 'This engine has no code for a GPU of this generation.',
    fixes: advice('Take an engine for CUDA 12: the image server-cuda12 runs GPUs from 2014 on'),
  },
  {
    code: 'cuda_error',
    pattern: /CUDA error: (.+)/,
    summary: (match) => `The NVIDIA driver reported an error: ${match[1]}.`,
    fixes: (input) => [
      { title: 'Check the driver with nvidia-smi; a restart of the machine often helps', patch: null },
      ...(input.fields['ngl'] === 0 ? [] : [{ title: 'Run on the CPU', patch: { ngl: 0 } }]),
    ],
  },
  {
    code: 'device_unavailable',
    pattern: /invalid device: (\S+)/,
    summary: (match) => `There is no device ${match[1]} on this machine.`,
    fixes: advice('Remove the flag that names the device'),
  },
  {
    code: 'chat_template_invalid',
    pattern:
      /chat template parsing error: (.+)|the supplied chat template is not supported|failed to initialize chat template/,
    summary: 'The chat template cannot be read.',
    fixes: (input) =>
      input.fields['chat_template'] === undefined && input.fields['chat_template_file'] === undefined
        ? [{ title: 'Use the simple template ChatML', patch: { chat_template: 'chatml' } }]
        : [{ title: 'Use the template in the file', patch: { chat_template: null, chat_template_file: null } }],
  },
  {
    code: 'grammar_invalid',
    pattern: /failed to parse grammar|error while handling argument "--grammar-file": (.+)/,
    // A client's own grammar fails in the same words, and ends no engine.
    when: ({ fields }) => (fields['grammar_file'] ?? null) !== null,
    summary: (_, { fields }) =>
      `The grammar file ${String(fields['grammar_file'])} cannot be read: it is no valid GBNF.`,
    fixes: () => [
      { title: 'Answer without a grammar', patch: { grammar_file: null } },
      { title: 'Or correct the file; the log names the place', patch: null },
    ],
  },
  {
    code: 'invalid_argument',
    pattern: /error: invalid argument: (\S+)|error while handling argument "(\S+)": (.+)/,
    summary: (match) =>
      match[1] === undefined
        ? `The engine refused the flag ${match[2]}: ${match[3]}.`
        : `The engine does not know the flag ${match[1]}.`,
    fixes: (input, match) => {
      const own = withoutFlags(input.fields, llamacppRows, [match[1] ?? match[2] ?? '']);
      return own.length > 0
        ? own
        : [{ title: 'Take another engine build or image, or clear the field behind this flag', patch: null }];
    },
  },
  {
    code: 'context_creation_failed',
    pattern: /failed to create_?\s?context with model|failed to initialize the context: (.+)/,
    summary: 'The engine could not make the context.',
    fixes: (input) => smallerContext(input.fields),
  },
  {
    code: 'fit_failed',
    pattern: /encountered an error while trying to fit params to free device memory/,
    summary: 'The engine could not fit the model to the free memory of the GPU.',
    fixes: (input) => [
      { title: 'Do not fit; put a number of layers on the GPU yourself', patch: { fit: false } },
      ...smallerMemory(input.fields, input.machine, 'gpu'),
    ],
  },
  {
    code: 'gpu_not_usable',
    pattern: /ggml_cuda_init: failed to initialize CUDA: (.+)/,
    summary: (match) => `It runs on the CPU, because CUDA cannot be used: ${match[1]}.`,
    fixes: advice('Check the driver with nvidia-smi'),
    isHarmless: true,
  },
  {
    code: 'memory_lock_refused',
    pattern: /failed to mlock/,
    summary: 'The system does not let the engine keep the model in memory; it runs, but parts may be swapped out.',
    fixes: () => [{ title: 'Map the file instead', patch: { load_mode: 'mmap' } }],
    isHarmless: true,
  },
  {
    code: 'context_beyond_training',
    pattern: /(?:n_ctx_seq|the slot context) \((\d+)\)(?: >| exceeds)[^(]*\((\d+)\)/,
    summary: (match) => `The context of ${match[1]} tokens is longer than the ${match[2]} the model was trained with.`,
    fixes: (_, match) => [{ title: `Use ${match[2]} tokens`, patch: { context_size: Number(match[2]) } }],
    isHarmless: true,
  },
];

/** Only weights are allocated in these words. */
const WEIGHTS = /unable to allocate \S+ buffer/;

function lessMemory({ fields, machine, lines, end }: DiagnosisInput, where: 'gpu' | 'host'): Fix[] {
  const isLoading = !end.wasReady && lines.some((line) => WEIGHTS.test(line));
  return isLoading ? roomForWeights(fields, where) : smallerMemory(fields, machine, where);
}

function gpuForImage(input: DiagnosisInput): Fix[] {
  if (input.runtime === 'process') return advice('Install the NVIDIA driver, or take an engine build for the CPU')();
  const none = input.fields['device'] === 'cpu' || input.fields['ngl'] === 0;
  return [
    ...(none ? [{ title: 'Give it the GPUs', patch: { device: null, ngl: null } }] : []),
    { title: 'Or take an image for the CPU: ghcr.io/ggml-org/llama.cpp:server', patch: null },
  ];
}

const withoutDraft = {
  draft_model_path: null,
  spec_type: null,
  draft_n: null,
  draft_n_min: null,
  draft_p_min: null,
  draft_ngl: null,
};
