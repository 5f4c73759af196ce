import type { DockerStatus, EngineImage, OrphanContainer } from '../../src-main/contract/docker.ts';
import type { Recipe } from '../../src-main/contract/recipes.ts';
import type { Registry, UpstreamMeta, Upstreams } from '../../src-main/contract/upstreams.ts';

/** Invented Docker, images, upstreams and recipes for the screens. Part of a test double. */

const now = Date.now() / 1000;

export const DOCKER: DockerStatus = {
  problem: 'ok',
  detail: 'Docker 28.2.2 answers (API 1.50).',
  cure: null,
  kind: 'docker',
  host: 'unix:///var/run/docker.sock',
  found_by: 'default socket',
  version: '28.2.2',
  api_version: '1.50',
  rootless: false,
  gpu: { status: 'ready', method: 'nvidia', detail: 'Containers get GPUs by the NVIDIA runtime.', cure: null },
  checked_at: now - 40,
};

export const NO_DOCKER: DockerStatus = {
  problem: 'not_running',
  detail: 'Docker is installed, but its service does not run.',
  cure: 'Run `sudo systemctl start docker`.',
  kind: null,
  host: null,
  found_by: null,
  version: null,
  api_version: null,
  rootless: false,
  gpu: {
    status: 'no_toolkit',
    method: null,
    detail:
      'This machine has an NVIDIA GPU, but containers cannot be given it: the NVIDIA Container Toolkit is missing.',
    cure: 'Run `sudo apt install nvidia-container-toolkit && sudo nvidia-ctk runtime configure`, then restart Docker.',
  },
  checked_at: now - 40,
};

const image: EngineImage = {
  reference: 'vllm/vllm-openai:v0.33.0',
  id: `sha256:${'a1'.repeat(32)}`,
  digest: `sha256:${'b2'.repeat(32)}`,
  engine_type: 'vllm',
  version: '0.33.0',
  size_bytes: 21_474_836_480,
  created_at: now - 86_400 * 12,
  present: true,
  is_default: true,
  models: ['Qwen3 32B AWQ', 'Llama 3.1 8B Instruct FP8', 'Qwen3 Embedding 4B'],
  known_flags: 231,
};
const absent = {
  id: null,
  digest: null,
  size_bytes: null,
  created_at: null,
  present: false,
  known_flags: null,
} as const;

export const IMAGES: readonly EngineImage[] = [
  image,
  {
    ...image,
    reference: 'vllm/vllm-openai:v0.29.0',
    id: `sha256:${'c3'.repeat(32)}`,
    digest: `sha256:${'d4'.repeat(32)}`,
    version: '0.29.0',
    created_at: now - 86_400 * 60,
    is_default: false,
    models: [],
    known_flags: 212,
  },
  {
    ...image,
    reference: 'registry.lan:5000/our-llama:cuda12',
    id: `sha256:${'e5'.repeat(32)}`,
    digest: null,
    engine_type: 'llamacpp',
    version: 'b10640',
    size_bytes: 2_684_354_560,
    is_default: false,
    models: ['DeepSeek R1 Distill 14B Q6_K'],
    known_flags: 188,
  },
  {
    ...image,
    ...absent,
    reference: 'ghcr.io/ggml-org/llama.cpp:server-cuda',
    engine_type: 'llamacpp',
    version: null,
    models: [],
  },
  {
    ...image,
    ...absent,
    reference: 'vllm/vllm-openai:v0.99.0',
    version: '0.99.0',
    is_default: false,
    models: ['Phi 4 mini'],
  },
];

export const ORPHANS: readonly OrphanContainer[] = [
  {
    id: 'f4c1de04bd87',
    name: 'cortex-21-old-mixtral',
    image: 'vllm/vllm-openai:v0.29.0',
    state: 'running',
    model_id: 21,
    model_name: null,
    reason: 'Its model was deleted.',
    created_at: now - 86_400 * 2,
  },
];

const meta: UpstreamMeta = {
  last_status_code: 200,
  last_latency_ms: 4.2,
  last_ok_ts: now - 4,
  last_fail_ts: null,
  consecutive_fails: 0,
  last_error: null,
  history: history(4, 0),
  category: 'generate',
  models: ['qwen3-32b'],
  served_names: ['qwen3-32b'],
  breaker: { state: 'closed', cooldown_remaining_sec: 0, consecutive_fails: 0 },
  tokens_per_sec: { prompt: 812.4, generation: 146.2 },
  in_flight: 3,
};

function history(latency: number, failedLast: number): UpstreamMeta['history'] {
  return Array.from({ length: 40 }, (_, index) => {
    const ok = index < 40 - failedLast;
    const wave = 1 + Math.sin(index / 3) * 0.4 + (index % 7) * 0.08;
    return { ts: now - (40 - index) * 15, ok, latency_ms: ok ? latency * wave : null };
  });
}

const own = { task: 'generate', upstream_model: null, has_api_key: true, enabled: true } as const;
const foreign = { ...own, engine_type: null, model_id: null } as const;

const CLUSTER = 'http://10.0.0.5:8000';
const OTHER = 'https://gpu-b.lan:8443';
const OFF = 'http://10.0.0.9:8000';
const MINE = 'http://127.0.0.1:41007';
const LLAMA = 'http://127.0.0.1:41003';

export const REGISTRY: Registry = {
  'qwen3-32b': {
    url: MINE,
    task: 'generate',
    engine_type: 'vllm',
    upstreams: [
      { ...own, url: MINE, engine_type: 'vllm', model_id: 6 },
      { ...foreign, url: CLUSTER, engine_type: 'vllm', upstream_model: 'Qwen/Qwen3-32B-AWQ' },
      { ...foreign, url: OFF, enabled: false, has_api_key: false },
    ],
  },
  'qwen3-8b-q4_k_m': {
    url: LLAMA,
    task: 'generate',
    engine_type: 'llamacpp',
    upstreams: [{ ...own, url: LLAMA, engine_type: 'llamacpp', model_id: 1 }],
  },
  'gpt-oss-120b': {
    url: OTHER,
    task: 'generate',
    engine_type: null,
    upstreams: [{ ...foreign, url: OTHER, upstream_model: 'openai/gpt-oss-120b' }],
  },
};

export const UPSTREAM_META: Readonly<Record<string, UpstreamMeta>> = {
  [MINE]: meta,
  [LLAMA]: {
    ...meta,
    in_flight: 1,
    models: ['qwen3-8b-q4_k_m'],
    served_names: ['qwen3-8b-q4_k_m'],
    history: history(1, 0),
  },
  [CLUSTER]: {
    ...meta,
    last_latency_ms: 38.6,
    history: history(38, 0),
    models: ['Qwen/Qwen3-32B-AWQ', 'BAAI/bge-m3'],
    in_flight: 11,
  },
  [OTHER]: {
    ...meta,
    last_status_code: 503,
    last_latency_ms: null,
    last_ok_ts: now - 340,
    last_fail_ts: now - 3,
    consecutive_fails: 6,
    last_error: 'connect ECONNREFUSED 10.0.0.7:8443',
    history: history(52, 6),
    models: ['openai/gpt-oss-120b'],
    served_names: ['gpt-oss-120b'],
    breaker: { state: 'open', cooldown_remaining_sec: 23, consecutive_fails: 6 },
    tokens_per_sec: { prompt: null, generation: null },
    in_flight: 0,
  },
};

/** The view of `GET /admin/upstreams` over a registry that may have changed. */
export function upstreamsOf(registry: Registry): Upstreams {
  const urls = Object.values(registry).flatMap((entry) => entry.upstreams.map(({ url }) => url));
  const known = urls.map((url): readonly [string, UpstreamMeta] => [
    url,
    UPSTREAM_META[url] ?? {
      ...meta,
      last_status_code: null,
      last_latency_ms: null,
      last_ok_ts: null,
      history: [],
      models: [],
      in_flight: 0,
    },
  ]);
  return {
    circuit_breakers: Object.fromEntries(known.map(([url, { breaker }]) => [url, breaker.state])),
    health: Object.fromEntries(known.map(([url, { last_ok_ts: ok }]) => [url, { ok: ok !== null, ts: ok ?? 0 }])),
    meta: Object.fromEntries(known),
    registry,
    lb_index: {},
    now: Date.now() / 1000,
    health_ttl_sec: 15,
  };
}

export const RECIPES: readonly Recipe[] = [
  {
    id: 1,
    name: 'Long documents',
    description: 'One request at a time, the whole context, KV cache in 8 bits.',
    engine_type: 'llamacpp',
    model_name: 'Qwen3 8B Q4_K_M',
    configuration: {
      engine_type: 'llamacpp',
      runtime: 'process',
      task: 'generate',
      local_path: '/srv/models/Qwen3-8B-GGUF/Qwen3-8B-Q4_K_M.gguf',
      context_size: 40_960,
      parallel_slots: 1,
      cache_type_k: 'q8_0',
      cache_type_v: 'q8_0',
    },
    created_at: now - 86_400 * 4,
    updated_at: now - 86_400 * 4,
  },
  {
    id: 2,
    name: 'Two GPUs, many users',
    description: '',
    engine_type: 'vllm',
    model_name: 'Qwen3 32B AWQ',
    configuration: {
      engine_type: 'vllm',
      runtime: 'container',
      task: 'generate',
      engine_image: 'vllm/vllm-openai:v0.33.0',
      local_path: '/srv/models/Qwen3-32B-AWQ',
      selected_gpus: ['0', '1'],
      tp_size: 2,
      max_model_len: 32_768,
      max_num_seqs: 64,
    },
    created_at: now - 86_400 * 20,
    updated_at: now - 86_400 * 2,
  },
];
