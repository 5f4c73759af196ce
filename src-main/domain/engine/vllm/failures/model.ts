import type { DiagnosisInput } from '../../driver.ts';
import { closestFlag } from '../../known-flags.ts';
import { advice, type FailureRule, type Fix } from '../../failure-rule.ts';

const COPY_AGAIN = 'Download or copy the whole folder again, and compare it with the original';
const COPY_TOKENIZER = 'Copy the tokenizer files (tokenizer.json and others) into the model’s folder';
const OFFLINE_WORDS = /OfflineModeIsEnabled|outgoing traffic has been disabled|assert.*HF_HUB_OFFLINE/i;

/** What is wrong with the model, its files or where they come from. Texts are those of 0.28 to 0.33. */
export const MODEL_RULES: readonly FailureRule[] = [
  {
    code: 'context_too_long',
    pattern: /User-specified max_model_len \((\d+)\) is greater than the derived max_model_len \(([^)]*)/,
    summary: (match) => `The model was not made for a context of ${match[1]} tokens${derivedWords(match[2])}.`,
    fixes: (_, match) => [
      ...contextItWasMadeFor(match[2]),
      { title: 'Take it all the same; answers may be nonsense', patch: { allow_long_max_model_len: true } },
    ],
  },
  {
    code: 'remote_code_needed',
    pattern: /consider setting `?trust_remote_code=True`?|requires you to execute the (?:configuration|model) file/,
    summary: 'The model brings code of its own, which is not run without your consent.',
    fixes: () => [
      { title: 'Trust the model’s source and run its code', patch: { trust_remote_code: true } },
      { title: 'Or take a newer image, which may know this model itself', patch: null },
    ],
  },
  {
    code: 'architecture_unknown',
    pattern:
      /Model architectures \[(.+?)\] (?:are not supported for now|failed to be inspected)|model type `([^`]+)`.*Transformers does not recognize|The checkpoint you are trying to load has model type `([^`]+)`/,
    summary: (match) => `This version of vLLM does not know models of the kind ${match[1] ?? match[2] ?? match[3]}.`,
    fixes: advice('Take a newer image', 'Or look for the model as GGUF and run it with llama.cpp'),
  },
  {
    code: 'architecture_removed',
    pattern:
      /Model architecture (\S+) was supported in vLLM until (v?[\d.]+)|is not supported in-tree anymore\. Please install the plugin at (\S+)/,
    summary: (match) =>
      match[1] === undefined
        ? `This kind of model now needs a plugin in the image: ${match[3]}`
        : `vLLM ran ${match[1]} only until ${match[2]}.`,
    fixes: (_, match) =>
      advice(match[1] === undefined ? 'Take an image with that plugin' : `Take the image of ${match[2]}`)(),
  },
  {
    code: 'quantization_mismatch',
    pattern:
      /Quantization method specified in the model config \(([^)]+)\) does not match the quantization method specified in the `?quantization`? argument \(([^)]+)\)/,
    summary: (match) => `The model is quantized with ${match[1]}, and the configuration says ${match[2]}.`,
    fixes: () => [{ title: 'Take what the model says', patch: { quantization: null } }],
  },
  {
    code: 'quantization_unknown',
    pattern: /Unknown quantization method: (\S+?)\. Must be one of|Invalid quantization method:? ?(\S*)/,
    summary: (match) =>
      `vLLM does not know the quantization ${match[1] ?? match[2]}${pluginWords(match[1] ?? match[2])}.`,
    fixes: () => [
      { title: 'Take what the model says', patch: { quantization: null } },
      { title: 'Run bitsandbytes in an image with vllm-bnb-plugin, and GGUF with llama.cpp', patch: null },
    ],
  },
  {
    code: 'number_format_unsupported',
    pattern: /(torch\.\w+) is not supported for quantization method (\S+?)\./,
    summary: (match) => `Weights in ${match[2]} cannot be computed in ${match[1]}.`,
    fixes: () => [
      { title: 'Compute in float16', patch: { dtype: 'half' } },
      { title: 'Take what the model says', patch: { dtype: null } },
    ],
  },
  {
    code: 'hub_no_access',
    pattern:
      /GatedRepoError|Cannot access gated repo|You are trying to access a gated repo|Access to model \S+ is restricted|(?:401|403) Client Error/,
    summary: 'The hub gives this model only to those who accepted its licence.',
    fixes: advice('Accept the licence on the model’s page, and set a Hugging Face token for this model'),
  },
  {
    code: 'hub_unreachable',
    pattern:
      /We couldn't connect to '(https?:\/\/[^']+)'|LocalEntryNotFoundError|cannot find (?:the requested files in the|an appropriate) (?:local cache|cached snapshot)/i,
    summary: (match) =>
      `The engine could not reach ${match[1] ?? 'the hub'}: there is no way to it, its name was not found, or a proxy is missing.`,
    fixes: (input) =>
      advice(
        'Check the network of this machine, and whether a container reaches the internet',
        'Set HTTPS_PROXY for a proxy, or HF_ENDPOINT for a mirror of the hub, under “More engine environment”',
        isLocal(input) ? COPY_TOKENIZER : 'Or download the model under Library, and start it from there',
      )(),
    when: (input) => !isOffline(input),
  },
  {
    code: 'not_in_cache',
    pattern:
      /LocalEntryNotFoundError|cannot find (?:the requested files in the|an appropriate) (?:local cache|cached snapshot)|outgoing traffic has been disabled/i,
    summary:
      'A file that the model needs, most often its tokenizer, is not on this machine, and the hub may not be asked.',
    fixes: offline,
  },
  {
    code: 'hub_offline',
    pattern:
      /OfflineModeIsEnabled|assert.*HF_HUB_OFFLINE|offline mode.*cannot download|We couldn't connect to '(https?:\/\/[^']+)'/i,
    summary: 'The engine wants a file from the hub, and cannot or may not ask it.',
    fixes: offline,
  },
  {
    code: 'hub_model_missing',
    pattern:
      /Repository Not Found|RepositoryNotFoundError|404 Client Error|[Mm]odel \S+ does not exist|Repository \S+ not found|RevisionNotFoundError/,
    summary: 'The hub has no model of this name, or not in this revision.',
    fixes: (input) => [
      ...(input.fields['revision'] === undefined
        ? []
        : [{ title: 'Take the newest revision', patch: { revision: null } }]),
      { title: 'Check the name for typing errors; a private model needs a Hugging Face token', patch: null },
    ],
  },
  {
    code: 'model_folder_invalid',
    pattern:
      /Invalid repository ID or local directory specified|Could not detect config format for no config file found|does not appear to have a file named config\.json/,
    summary: 'The folder holds no model that vLLM can read: its config.json is missing.',
    fixes: advice(COPY_AGAIN, 'Choose the folder that holds config.json and the safetensors files'),
  },
  {
    code: 'weights_missing',
    pattern: /Cannot find any model weights with/,
    summary: 'The folder holds no weights that vLLM can read.',
    fixes: advice(COPY_AGAIN, 'A model that is only there as GGUF runs with llama.cpp'),
  },
  {
    code: 'weights_damaged',
    pattern: /SafetensorError|Error while deserializing header|invalid header|IncompleteBody|MetadataIncompleteBuffer/,
    summary: 'A file of the weights is cut off or damaged.',
    fixes: advice(COPY_AGAIN),
  },
  {
    code: 'load_format_unknown',
    pattern: /Unknown load_format: (\S+)/,
    summary: (match) => `vLLM does not know the load format ${match[1]}${pluginWords(match[1])}.`,
    fixes: () => [{ title: 'Let it find out', patch: { load_format: null } }],
  },
  {
    code: 'tokenizer_unreadable',
    pattern: /Couldn't instantiate the backend tokenizer|Can't load tokenizer for '?([^'\s]*)/,
    summary: 'The tokenizer of the model cannot be loaded.',
    fixes: (input) => [
      ...(input.fields['tokenizer'] === undefined
        ? []
        : [{ title: 'Take the model’s own tokenizer', patch: { tokenizer: null } }]),
      {
        title: isLocal(input)
          ? 'Copy the tokenizer files into the model’s folder, or set the tokenizer of its base model'
          : 'Set the tokenizer of its base model',
        patch: null,
      },
    ],
  },
  {
    code: 'parser_unknown',
    pattern: /invalid (tool call|reasoning) parser: (\S+) \(chose from \{([^}]*)\}/,
    summary: (match) => `This version of vLLM has no ${match[1]} parser named ${match[2]}.`,
    fixes: (_, match) => parserFixes(match[1] ?? '', match[2] ?? '', match[3] ?? ''),
  },
  {
    code: 'attention_backend_unknown',
    pattern:
      /Unknown attention backend: '([^']+)'|Invalid attention backend for \S+|Sinks are only supported in FlashAttention 3/,
    summary: (match) =>
      match[1] === undefined
        ? 'The chosen attention does not work with this model on this GPU.'
        : `This version of vLLM has no attention named ${match[1]}.`,
    fixes: () => [{ title: 'Let it choose', patch: { attention_backend: null, attention_config: null } }],
  },
  {
    code: 'module_missing',
    pattern: /No module named '([^']+)'/,
    summary: (match) => `The image does not have the Python module ${match[1]} that this model needs.`,
    fixes: (_, match) =>
      advice(`Take an image that has it: one made FROM this image with "uv pip install ${match[1]}"`)(),
  },
];

function offline(input: DiagnosisInput): Fix[] {
  return [
    ...(input.fields['hf_offline'] === false ? [] : [{ title: 'Let it ask the hub', patch: { hf_offline: false } }]),
    {
      title: isLocal(input) ? COPY_TOKENIZER : 'Or download the model under Library, and start it from there',
      patch: null,
    },
  ];
}

function isLocal({ isFromHub }: DiagnosisInput): boolean {
  return isFromHub !== true;
}

/** Whether the engine was kept from the hub: a model of this machine is, unless its owner lets it ask. */
function isOffline(input: DiagnosisInput): boolean {
  const asked = input.fields['hf_offline'];
  if (typeof asked === 'boolean') return asked;
  // An image may say so of its own accord.
  return isLocal(input) || input.lines.some((line) => OFFLINE_WORDS.test(line));
}

/** The limit in "max_position_embeddings=2048.0 or model_max_length=None in model's config.json", or none at all. */
function contextItWasMadeFor(text: string | undefined): Fix[] {
  const limit = limitIn(text);
  return limit === null
    ? [{ title: 'Use what the model was made for', patch: { max_model_len: null } }]
    : [{ title: `Use ${limit} tokens`, patch: { max_model_len: limit } }];
}

function derivedWords(text: string | undefined): string {
  const limit = limitIn(text);
  return limit === null ? '' : `, but of ${limit}`;
}

function limitIn(text: string | undefined): number | null {
  const found = /=(\d+)(?:\.\d+)?/.exec(text ?? '')?.[1];
  return found === undefined || Number(found) < 1 ? null : Number(found);
}

function pluginWords(method: string | undefined): string {
  return /bitsandbytes|bnb/i.test(method ?? '')
    ? ', which needs vllm-bnb-plugin in the image'
    : /gguf/i.test(method ?? '')
      ? ', which needs vllm-gguf-plugin in the image'
      : '';
}

function parserFixes(kind: string, name: string, offered: string): Fix[] {
  const field = kind === 'reasoning' ? 'reasoning_parser' : 'tool_call_parser';
  const known = offered.split(',').map((item) => item.trim().replaceAll(/['"]/g, ''));
  const near = closestFlag(
    `--${name}`,
    known.map((item) => `--${item}`),
  )?.slice(2);
  const none = kind === 'reasoning' ? { [field]: null } : { [field]: null, enable_auto_tool_choice: null };
  return [
    ...(near === undefined ? [] : [{ title: `Use ${near}`, patch: { [field]: near } }]),
    { title: `Use no ${kind} parser`, patch: none },
  ];
}
