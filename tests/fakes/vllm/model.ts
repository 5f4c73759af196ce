import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Values } from './arguments.ts';
import { printLines, tracebackLines, type Failure } from './failures.ts';
import { readJson, type Pretence } from './pretence.ts';

/** A reason to fail that was really found. */
export class StartFailure extends Error {
  readonly failure: Failure;

  constructor(where: 'api' | 'core', text: string, before: readonly string[] = []) {
    super(text);
    this.failure = { where, text, before };
  }

  print(loadMs: number): Promise<void> {
    return printLines(this.failure, loadMs, tracebackLines(this.failure));
  }
}

export interface ModelFacts {
  readonly path: string;
  readonly architecture: string;
  readonly maxLength: number;
  /** Bytes of the KV cache for one token, on all GPUs together. */
  readonly bytesAToken: number;
  readonly pooling: boolean;
}

const KNOWN =
  /^(?:Llama|Qwen\d?(?:Moe)?|Mistral|Mixtral|Gemma\d?|Phi\d?|DeepseekV\d|GptOss|Bert|XLMRoberta|Glm\d?|Granite)\w*$/;
const VALIDATION = ['pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig'];

const TOOL_PARSERS = [
  'deepseek_v3',
  'gemma4',
  'glm45',
  'hermes',
  'kimi_k2',
  'llama3_json',
  'mistral',
  'openai',
  'pythonic',
  'qwen3_coder',
  'qwen3_xml',
  'xlam',
];
const REASONING_PARSERS = [
  'deepseek_r1',
  'glm45',
  'gemma4',
  'mistral',
  'nemotron_v3',
  'openai_gptoss',
  'qwen3',
  'step3',
];

/** Reads a model's config.json and refuses what vLLM would refuse. */
export function inspectModel(values: Values, pretence: Pretence): ModelFacts {
  checkParsers(values);
  const path = values.text('model') ?? 'Qwen/Qwen3-0.6B';
  const config = readConfig(path, pretence);
  const [architecture = ''] = Array.isArray(config['architectures']) ? config['architectures'].map(String) : [];
  if (!KNOWN.test(architecture)) {
    const known = "dict_keys(['LlamaForCausalLM', 'Qwen3ForCausalLM', 'MistralForCausalLM'])";
    throw new StartFailure(
      'api',
      `  Value error, Model architectures ['${architecture}'] are not supported for now. Supported architectures: ${known} [type=value_error]`,
      VALIDATION,
    );
  }
  checkQuantization(values, config);
  const heads = numberIn(config, 'num_attention_heads', 32);
  checkParallel(values, heads, pretence);
  return {
    path,
    architecture,
    maxLength: lengthOf(values, config),
    bytesAToken: bytesAToken(values, config, heads),
    pooling: values.text('runner') === 'pooling' || /^(?:Bert|XLMRoberta)/.test(architecture),
  };
}

function readConfig(path: string, pretence: Pretence): Record<string, unknown> {
  if (/\.gguf$/i.test(path)) throw new StartFailure('core', 'ValueError: Unknown load_format: gguf');
  if (/^[\w.-]+\/[\w.-]+$/.test(path)) return readHubConfig(path, pretence);
  if (!existsSync(path) || !statSync(path).isDirectory()) {
    throw new StartFailure(
      'api',
      `ValueError: Invalid repository ID or local directory specified: '${path}'. Please verify the following requirements: 1. Provide a valid Hugging Face repository ID. 2. Specify a local directory that contains a recognized configuration file.`,
    );
  }
  if (!existsSync(join(path, 'config.json'))) {
    throw new StartFailure(
      'api',
      "ValueError: Could not detect config format for no config file found. With config_format 'auto', ensure your model has either config.json (HF format) or params.json (Mistral format).",
    );
  }
  if (!readdirSync(path).some((name) => /\.(?:safetensors|bin|pt)$/.test(name))) {
    throw new StartFailure('core', `RuntimeError: Cannot find any model weights with \`${path}\``);
  }
  return readJson(join(path, 'config.json'));
}

function readHubConfig(path: string, pretence: Pretence): Record<string, unknown> {
  if (process.env['HF_HUB_OFFLINE'] === '1') {
    throw new StartFailure(
      'api',
      `huggingface_hub.errors.OfflineModeIsEnabled: Cannot reach https://huggingface.co/api/models/${path}: offline mode is enabled.`,
    );
  }
  if (pretence.hubConfig === null) {
    throw new StartFailure(
      'api',
      "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files.",
    );
  }
  return JSON.parse(pretence.hubConfig) as Record<string, unknown>;
}

function checkParsers(values: Values): void {
  const parsers = [
    ['tool call', values.text('tool-call-parser'), TOOL_PARSERS],
    ['reasoning', values.text('reasoning-parser'), REASONING_PARSERS],
  ] as const;
  if (values.switch('enable-auto-tool-choice') === true && values.text('tool-call-parser') === null) {
    throw new StartFailure('api', 'TypeError: Error: --enable-auto-tool-choice requires --tool-call-parser');
  }
  for (const [kind, name, known] of parsers) {
    if (name !== null && !known.includes(name)) {
      throw new StartFailure('api', `KeyError: 'invalid ${kind} parser: ${name} (chose from { ${known.join(',')} })'`);
    }
  }
}

const QUANTIZATIONS = [
  'awq',
  'awq_marlin',
  'gptq',
  'gptq_marlin',
  'fp8',
  'compressed-tensors',
  'modelopt',
  'modelopt_fp4',
  'mxfp4',
  'torchao',
  'moe_wna16',
  'quark',
  'inc',
  'experts_int8',
];

function checkQuantization(values: Values, config: Record<string, unknown>): void {
  const asked = values.text('quantization');
  if (asked === null) return;
  if (!QUANTIZATIONS.includes(asked)) {
    const known = QUANTIZATIONS.map((name) => `'${name}'`).join(', ');
    throw new StartFailure('api', `ValueError: Unknown quantization method: ${asked}. Must be one of [${known}].`);
  }
  const own = config['quantization_config'];
  const method = typeof own === 'object' && own !== null ? (own as Record<string, unknown>)['quant_method'] : undefined;
  if (typeof method === 'string' && method !== asked) {
    throw new StartFailure(
      'api',
      `ValueError: Quantization method specified in the model config (${method}) does not match the quantization method specified in the \`quantization\` argument (${asked}).`,
    );
  }
}

function checkParallel(values: Values, heads: number, pretence: Pretence): void {
  const tensor = values.number('tensor-parallel-size') ?? 1;
  if (heads % tensor !== 0) {
    throw new StartFailure(
      'api',
      `ValueError: Total number of attention heads (${heads}) must be divisible by tensor parallel size (${tensor}).`,
    );
  }
  const world = tensor * (values.number('pipeline-parallel-size') ?? 1);
  if (world > pretence.gpus) {
    throw new StartFailure(
      'core',
      `ValueError: World size (${world}) is larger than the number of available GPUs (${pretence.gpus}) in this node.`,
    );
  }
}

function lengthOf(values: Values, config: Record<string, unknown>): number {
  const derived = numberIn(config, 'max_position_embeddings', 2048);
  const asked = values.number('max-model-len');
  if (asked === null || asked === -1) return derived;
  if (asked > derived && process.env['VLLM_ALLOW_LONG_MAX_MODEL_LEN'] !== '1') {
    throw new StartFailure(
      'api',
      `  Value error, User-specified max_model_len (${asked}) is greater than the derived max_model_len (max_position_embeddings=${derived}.0 or model_max_length=None in model's config.json). [type=value_error, input_value=ArgsKwargs((), {}), input_type=ArgsKwargs]`,
      VALIDATION,
    );
  }
  return asked;
}

function bytesAToken(values: Values, config: Record<string, unknown>, heads: number): number {
  const kvHeads = numberIn(config, 'num_key_value_heads', heads);
  const headSize = numberIn(config, 'head_dim', Math.floor(numberIn(config, 'hidden_size', 4096) / heads));
  const width = values.text('kv-cache-dtype')?.startsWith('fp8') === true ? 1 : 2;
  return 2 * numberIn(config, 'num_hidden_layers', 32) * kvHeads * headSize * width;
}

function numberIn(config: Record<string, unknown>, name: string, usual: number): number {
  const value = config[name];
  return typeof value === 'number' ? value : usual;
}
