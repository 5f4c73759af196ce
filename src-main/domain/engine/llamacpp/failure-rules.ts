import type { DiagnosisInput, EngineDiagnosis } from '../driver.ts';
import { smallerContext, smallerMemory } from './fixes.ts';

type Fix = EngineDiagnosis['fixes'][number];

/** One way to fail, told by a line of the log. */
export interface FailureRule {
  readonly code: string;
  readonly pattern: RegExp;
  readonly summary: string | ((match: RegExpExecArray) => string);
  readonly fixes: (input: DiagnosisInput, match: RegExpExecArray) => Fix[];
}

const advice =
  (...titles: string[]) =>
  (): Fix[] =>
    titles.map((title) => ({ title, patch: null }));

const COPY_AGAIN = 'Download or copy the file again, and compare its size with the original';

/**
 * The first rule that fits wins, so the most specific come first. Texts are those of v0.5.0, each provoked with the real
 * engine unless it needs a GPU.
 */
export const FAILURE_RULES: readonly FailureRule[] = [
  {
    code: 'engine_broken',
    pattern:
      /error while loading shared libraries: ([^:]+): (?:file too short|invalid ELF header|ELF load command|cannot read file data)|symbol lookup error: ([^:]+)/,
    summary: (match) => `The engine itself is broken, not the model: ${match[1] ?? match[2]} is damaged.`,
    fixes: advice('Install this build again under Settings, Engine builds, or choose another'),
  },
  {
    code: 'library_missing',
    pattern: /error while loading shared libraries: ([^:]+):/,
    summary: (match) => `The engine needs ${match[1]}, which this machine does not have.`,
    fixes: (_, match) => [
      { title: `Install the package that provides ${match[1]}, or take another engine build in Settings`, patch: null },
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
    fixes: (input) => smallerMemory(input.fields, input.machine, 'gpu'),
  },
  {
    code: 'host_out_of_memory',
    pattern:
      /insufficient memory \(attempted to allocate ([\d.]+) MB\)|failed to allocate buffer for kv cache|failed to allocate compute (?:pp )?buffers|failed to allocate CPU\w* buffer|std::bad_alloc|Cannot allocate memory/,
    summary: (match) =>
      match[1] === undefined
        ? 'The memory of this computer is not enough for this model with this context.'
        : `The memory of this computer is not enough: ${Math.round(Number(match[1]))} MB more were needed.`,
    fixes: (input) => smallerMemory(input.fields, input.machine, 'host'),
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
    code: 'invalid_argument',
    pattern: /error: invalid argument: (\S+)|error while handling argument "(\S+)": (.+)/,
    summary: (match) =>
      match[1] === undefined
        ? `The engine refused the flag ${match[2]}: ${match[3]}.`
        : `The engine does not know the flag ${match[1]}.`,
    fixes: (input) =>
      input.fields['engine_startup_args_json'] === undefined
        ? [{ title: 'Take another engine build in Settings, or clear the field behind this flag', patch: null }]
        : [{ title: 'Start without your own flags', patch: { engine_startup_args_json: null } }],
  },
  {
    code: 'context_creation_failed',
    pattern: /failed to create_?\s?context with model|failed to initialize the context: (.+)/,
    summary: 'The engine could not make the context.',
    fixes: (input) => smallerContext(input.fields),
  },
];

const withoutDraft = { draft_model_path: null, draft_n: null, draft_n_min: null, draft_p_min: null, draft_ngl: null };
