import type { EngineFacts, LogLine, Model } from '../../src-main/contract/models.ts';
import { BUILD } from './admin-data.ts';

/** Invented models for the screens, at least one in each state that a screen shows. Part of a test double. */

const now = Date.now() / 1000;
const VLLM_IMAGE = 'vllm/vllm-openai:v0.33.0';
const DIGEST = `sha256:${'b2'.repeat(32)}`;

const facts: EngineFacts = {
  build_id: BUILD.id,
  image: null,
  version: 'v0.5.0',
  backend: 'vulkan',
  devices: ['NVIDIA RTX 4090'],
  gpu_layers: { offloaded: 37, total: 37 },
  context_length: 16_384,
  slots: 4,
  kv_cache_tokens: null,
  max_concurrency: null,
  weights_gb: 4.68,
  pid: 51_234,
  restarts: 0,
  notices: ['CUDA is not used: libcudart.so.13 is missing. Install cuda-cudart-13-0 to use it.'],
};

const vllmFacts: EngineFacts = {
  ...facts,
  build_id: null,
  image: VLLM_IMAGE,
  version: '0.33.0',
  backend: 'cuda',
  devices: ['NVIDIA RTX 6000 Ada', 'NVIDIA RTX 6000 Ada'],
  gpu_layers: null,
  context_length: 32_768,
  slots: null,
  kv_cache_tokens: 401_216,
  max_concurrency: 12.24,
  weights_gb: 18.1,
  pid: 61_001,
  restarts: 1,
  notices: [],
};

const base: Model = {
  id: 1,
  name: 'Qwen3 8B Q4_K_M',
  served_model_name: 'qwen3-8b-q4_k_m',
  engine_type: 'llamacpp',
  runtime: 'process',
  mode: 'offline',
  task: 'generate',
  local_path: '/srv/models/Qwen3-8B-GGUF/Qwen3-8B-Q4_K_M.gguf',
  repo_id: null,
  engine_build_id: null,
  engine_image: null,
  engine_digest: null,
  archived: false,
  hf_token_set: false,
  state: 'running',
  state_detail: null,
  progress: null,
  diagnosis: null,
  engine: facts,
  port: 41_003,
  container_name: null,
  request_defaults_json: null,
  created_at: now - 86_400 * 9,
  updated_at: now - 86_400,
  last_used_at: now - 75,
  context_size: 16_384,
  parallel_slots: 4,
};

const idle = { engine: null, port: null, state: 'stopped' } as const;
const llama: Model = { ...base, ...idle };
const vllm: Model = {
  ...llama,
  engine_type: 'vllm',
  runtime: 'container',
  engine_image: VLLM_IMAGE,
  context_size: null,
  parallel_slots: null,
};

const CACHE_TOO_SMALL = {
  code: 'kv_cache_too_small',
  summary: 'The context of 131,072 tokens needs 16.0 GiB of KV cache, and 9.3 GiB are left beside the weights.',
  evidence: [
    'ERROR core.py:842 ValueError: To serve at least one request with the models’s max seq len (131072), (16.00 GiB KV cache is needed, which is larger than the available KV cache memory (9.31 GiB).',
    'ERROR core.py:842 Based on the available memory, the estimated maximum model length is 76272.',
  ],
  fixes: [
    { title: 'Shorten the context to 76,272 tokens', patch: { max_model_len: 76_272 } },
    { title: 'Keep the KV cache in fp8, which halves it', patch: { kv_cache_dtype: 'fp8' } },
    { title: 'Give it a second GPU, and split the model over both', patch: null },
  ],
};

const OUT_OF_MEMORY = {
  code: 'gpu_out_of_memory',
  summary: 'The GPU ran out of memory: the KV cache for 131,072 tokens did not fit beside the weights.',
  evidence: [
    'ggml_vulkan: Device memory allocation of size 42949672960 failed.',
    'llama_init_from_model: failed to initialize the context: failed to allocate buffer for kv cache',
  ],
  fixes: [
    { title: 'Shorten the context to 32,768 tokens', patch: { context_size: 32_768 } },
    { title: 'Close other programs that use the GPU', patch: null },
  ],
};

export const MODELS: readonly Model[] = [
  base,
  {
    ...llama,
    id: 2,
    name: 'Gemma 4 27B it Q5_K_M',
    served_model_name: 'gemma-4-27b-it',
    state: 'loading',
    progress: { stage: 'load', phase: 'Loading weights', fraction: 0.42, eta_seconds: 12 },
    last_used_at: now - 7200,
  },
  {
    ...llama,
    id: 3,
    name: 'bge-m3 F16',
    served_model_name: 'bge-m3',
    task: 'embed',
    context_size: 8192,
    parallel_slots: null,
    last_used_at: null,
  },
  {
    ...llama,
    id: 4,
    name: 'Llama 3.3 70B Instruct Q4_K_M',
    served_model_name: 'llama-3.3-70b',
    state: 'failed',
    state_detail: 'The GPU ran out of memory.',
    context_size: 131_072,
    parallel_slots: 8,
    last_used_at: now - 86_400 * 2,
    diagnosis: OUT_OF_MEMORY,
  },
  { ...llama, id: 5, name: 'Self-test model', served_model_name: 'self-test' },
  {
    ...vllm,
    id: 6,
    name: 'Qwen3 32B AWQ',
    served_model_name: 'qwen3-32b',
    local_path: '/srv/models/Qwen3-32B-AWQ',
    state: 'running',
    engine: vllmFacts,
    engine_digest: DIGEST,
    port: 41_007,
    container_name: 'cortex-6-qwen3-32b',
    selected_gpus: ['0', '1'],
    tp_size: 2,
    max_model_len: 32_768,
    temperature: 0.6,
    request_defaults_json: '{"temperature":0.6}',
    last_used_at: now - 12,
  },
  {
    ...vllm,
    id: 7,
    name: 'Mistral Small 24B',
    served_model_name: 'mistral-small-24b',
    mode: 'online',
    local_path: null,
    repo_id: 'mistralai/Mistral-Small-3.2-24B-Instruct-2506',
    hf_token_set: true,
    state: 'starting',
    progress: { stage: 'pull', phase: 'Downloading the engine image', fraction: 0.38, eta_seconds: 74 },
  },
  {
    ...vllm,
    id: 8,
    name: 'Llama 3.1 8B Instruct FP8',
    served_model_name: 'llama-3.1-8b-fp8',
    local_path: '/srv/models/Llama-3.1-8B-Instruct-FP8',
    state: 'failed',
    state_detail: CACHE_TOO_SMALL.summary,
    diagnosis: CACHE_TOO_SMALL,
    max_model_len: 131_072,
    selected_gpus: ['1'],
    last_used_at: now - 1800,
  },
  {
    ...llama,
    id: 9,
    name: 'DeepSeek R1 Distill 14B Q6_K',
    served_model_name: 'deepseek-r1-14b',
    runtime: 'container',
    state: 'starting',
    state_detail: 'The engine was ended by signal 9.',
    progress: { stage: 'prepare', phase: 'Waiting to restart', fraction: null, eta_seconds: 8 },
  },
  {
    ...vllm,
    id: 10,
    name: 'Qwen3 Embedding 4B',
    served_model_name: 'qwen3-embedding-4b',
    task: 'embed',
    local_path: '/srv/models/Qwen3-Embedding-4B',
    state: 'loading',
    progress: { stage: 'capture', phase: 'Capturing CUDA graphs', fraction: 0.91, eta_seconds: 4 },
    selected_gpus: ['0'],
  },
  {
    ...vllm,
    id: 11,
    name: 'Phi 4 mini',
    served_model_name: 'phi-4-mini',
    local_path: '/srv/models/Phi-4-mini-instruct',
    state: 'failed',
    state_detail: 'The image vllm/vllm-openai:v0.99.0 was not found (manifest unknown). Check its name and tag.',
    engine_image: 'vllm/vllm-openai:v0.99.0',
    last_used_at: null,
  },
  { ...llama, id: 12, name: 'CodeLlama 34B Q4_0', served_model_name: 'codellama-34b', archived: true },
  { ...llama, id: 13, name: 'Nomic Embed v1.5', served_model_name: 'nomic-embed', task: 'embed', state: 'stopping' },
];

const PHASES: Readonly<Record<number, string>> = {
  1: 'Starting the engine',
  24: 'Reading the model',
  60: 'Loading weights',
  180: 'Making the context',
  240: 'Warming up',
  262: 'Ready',
};

/** Two launches: the first one short, the second with its phases. */
export const LOG: readonly LogLine[] = [
  ...Array.from({ length: 40 }, (_, n) => logLine(n, 700 - n, 'b10640')),
  ...Array.from({ length: 360 }, (_, n) => logLine(n, 360 - n, 'v0.5.0')),
];

function logLine(n: number, agoSteps: number, version: string): LogLine {
  const level = n % 97 === 50 ? 'error' : n % 41 === 20 ? 'warning' : n % 5 === 3 ? 'debug' : 'info';
  return {
    n,
    at: Date.now() - agoSteps * 400,
    level: n === 0 ? 'info' : level,
    phase: PHASES[n] ?? null,
    text: n === 0 ? `Starting llama.cpp ${version}` : `slot update_slots: id ${n % 4} | task ${n} | n_past = ${n * 13}`,
  };
}

/** The log of a failed model: what its diagnosis points at stands in it. */
export function logOf(model: Model | undefined): readonly LogLine[] {
  const evidence = model?.diagnosis?.evidence ?? [];
  if (model === undefined || evidence.length === 0) return LOG;
  const tail = evidence.map((text, index): LogLine => {
    return { n: 360 + index, at: Date.now() - 800, level: 'error', phase: null, text };
  });
  return [...LOG, ...tail];
}
