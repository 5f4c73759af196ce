import type { ApiKey } from '../../src-main/contract/access.ts';
import type { EngineBuild, FieldSpec } from '../../src-main/contract/engines.ts';
import type { GgufGroup, LibraryFolder } from '../../src-main/contract/library.ts';
import type { CheckItem, ProgramInfo } from '../../src-main/contract/system.ts';
import type { UsageRow } from '../../src-main/contract/usage.ts';

const now = Date.now() / 1000;

export const BUILD: EngineBuild = {
  id: 'carried-v0.5.0',
  engine_type: 'llamacpp',
  version: 'v0.5.0',
  source: 'carried',
  backend: 'vulkan',
  backends: [
    {
      backend: 'cuda',
      usable: false,
      problem: 'libcudart.so.13 is missing.',
      cure: 'Run `apt install cuda-cudart-13-0 libcublas-13-0` from NVIDIA’s CUDA repository.',
    },
    { backend: 'vulkan', usable: true, problem: null, cure: null },
    { backend: 'cpu', usable: true, problem: null, cure: null },
  ],
  digest: '9f2c1de04bd87a5ac1f0e6a1c04ad2f59c1b6d2a7e83f4b0a1c2d3e4f5061728',
  size_bytes: 148_000_000,
  path: '/var/lib/cortex/engines/v0.5.0',
  is_default: true,
  status: 'ready',
  problem: null,
  installed_at: now - 86_400 * 3,
};

/** Three fields of each kind, for the tests of the form itself; the screens show the program's own table. */
function field(name: string, label: string, flag: string, more: Partial<FieldSpec>): FieldSpec {
  return {
    name,
    label,
    help: 'What it does, in a sentence that says when to change it.',
    group: 'Performance',
    engine: 'llamacpp',
    type: 'integer',
    unit: null,
    choices: null,
    suggestions: null,
    min: null,
    max: null,
    flag,
    default: null,
    needs_restart: true,
    runtime: null,
    since: null,
    until: null,
    essential: false,
    ...more,
  };
}

export const FIELDS: FieldSpec[] = [
  field('context_size', 'Context length', '--ctx-size', {
    unit: 'tokens',
    min: 0,
    max: 1_048_576,
    default: 16_384,
    essential: true,
    help: 'Tokens all slots hold together; each slot gets its share.',
  }),
  field('parallel_slots', 'Slots', '--parallel', { min: 1, max: 64, default: 4, essential: true }),
  field('ngl', 'GPU layers', '--n-gpu-layers', { min: 0, max: 999, default: 999, unit: 'layers', essential: true }),
  field('threads', 'Threads', '--threads', { min: 1, max: 512, default: 8 }),
  field('batch_size', 'Batch', '--batch-size', { min: 32, max: 16_384, default: 2048, unit: 'tokens' }),
  field('flash_attention', 'Flash attention', '--flash-attn', { type: 'choice', choices: ['auto', 'on', 'off'] }),
  field('cache_type_k', 'KV cache type, keys', '--cache-type-k', {
    type: 'choice',
    choices: ['f16', 'q8_0', 'q4_0'],
    default: 'f16',
    group: 'Memory',
  }),
  field('mlock', 'Keep in memory', '--mlock', { type: 'boolean', default: false, group: 'Memory' }),
  field('override_tensor', 'Tensor overrides', '--override-tensor', { type: 'list', group: 'Memory' }),
];

function group(file: string, quant: string, size: number, more: Partial<GgufGroup> = {}): GgufGroup {
  return {
    quant_type: quant,
    files: [file],
    total_size_mb: size,
    is_multipart: false,
    status: 'ready',
    kind: 'model',
    task: 'generate',
    problem: null,
    path: `/srv/models/Qwen3-8B-GGUF/${file}`,
    metadata: {
      architecture: 'qwen3',
      name: 'Qwen3 8B',
      context_length: 40_960,
      embedding_length: 4096,
      block_count: 36,
      attention_head_count: 32,
      attention_head_count_kv: 8,
      vocab_size: 151_936,
      file_type: quant,
      parameter_count: 8_190_735_360,
      has_chat_template: true,
      license: 'apache-2.0',
    },
    ...more,
  };
}

export const GROUPS: GgufGroup[] = [
  group('Qwen3-8B-Q4_K_M.gguf', 'Q4_K_M', 4794),
  group('Qwen3-8B-Q8_0-00001-of-00003.gguf', 'Q8_0', 8306, {
    is_multipart: true,
    files: ['1', '2', '3'].map((part) => `Qwen3-8B-Q8_0-0000${part}-of-00003.gguf`),
  }),
  group('Qwen3-8B-F16-00001-of-00004.gguf', 'F16', 9800, {
    status: 'incomplete',
    problem: 'Parts 2 and 4 of 4 are missing.',
    is_multipart: true,
  }),
  group('mmproj-Qwen3-8B-f16.gguf', 'F16', 820, { kind: 'projector' }),
];

export const FOLDERS: LibraryFolder[] = [
  { path: '/srv/models', base: true, exists: true },
  { path: '/mnt/nvme/models', base: false, exists: true },
  { path: '/media/usb/models', base: false, exists: false },
];

export const KEYS: ApiKey[] = [
  {
    id: 1,
    prefix: 'cortex_8Qw1',
    name: 'Editor on the laptop',
    scopes: 'chat,completions',
    expires_at: null,
    last_used_at: now - 30,
    created_at: now - 86_400 * 20,
    disabled: false,
    user_id: null,
    org_id: null,
  },
  {
    id: 2,
    prefix: 'cortex_kT94',
    name: 'Nightly index',
    scopes: 'embeddings',
    expires_at: now + 86_400 * 30,
    last_used_at: now - 86_400,
    created_at: now - 86_400 * 40,
    disabled: false,
    user_id: null,
    org_id: null,
  },
];

const OUTCOMES = [
  [200, null],
  [200, null],
  [200, null],
  [404, 'model_not_found'],
  [200, 'client_closed'],
  [503, 'model_loading'],
] as const;

export function usageRows(): UsageRow[] {
  return Array.from({ length: 120 }, (_, index): UsageRow => {
    const [status, error] = OUTCOMES[index % OUTCOMES.length] ?? [200, null];
    const answered = status === 200;
    return {
      id: 1000 - index,
      key_id: index % 3 === 0 ? null : 1,
      user_id: null,
      org_id: null,
      actor: index % 3 === 0 ? 'owner' : 'key',
      model_name: status === 404 ? 'gpt-4o' : 'qwen3-8b-q4_k_m',
      upstream: null,
      task: index % 7 === 3 ? 'embeddings' : 'chat',
      prompt_tokens: answered ? 24 + index * 31 : 0,
      completion_tokens: answered ? 212 + index : 0,
      total_tokens: 236,
      cached_tokens: null,
      latency_ms: answered ? 2730 + index * 12 : 1.4,
      ttft_ms: answered ? 145 + index : null,
      stream: index % 2 === 0,
      status_code: status,
      error_code: error,
      req_id: `req_${index}`,
      created_at: Date.now() / 1000 - index * 47,
    };
  });
}

export const INFO: ProgramInfo = {
  name: 'Cortex',
  version: '0.1.0',
  platform: 'Linux x64',
  data_dir: '/srv/cortex',
  endpoint: { url: 'http://127.0.0.1:8084', host: '127.0.0.1', port: 8084, reach: 'this-machine' },
  desktop: false,
  self_test_model: '/opt/cortex/resources/self-test-model',
  started_at: now - 3600,
};

export const CHECK: CheckItem[] = [
  { id: 'engine', label: 'Engine', status: 'warning', detail: 'No engine is installed yet.', cure: null },
  { id: 'compiler', label: 'C++ compiler', status: 'ok', detail: 'g++ 12.2.0', cure: null },
  {
    id: 'git',
    label: 'git',
    status: 'failed',
    detail: 'git was not found.',
    cure: 'Run `apt install git`, or your distribution’s equivalent.',
  },
  {
    id: 'cuda',
    label: 'CUDA',
    status: 'warning',
    detail: 'An NVIDIA GPU is present, but libcudart.so.13 is missing.',
    cure: 'Run `apt install cuda-cudart-13-0 libcublas-13-0` from NVIDIA’s CUDA repository.',
  },
  { id: 'vulkan', label: 'Vulkan', status: 'ok', detail: 'libvulkan.so.1, NVIDIA RTX 4090', cure: null },
  {
    id: 'docker',
    label: 'Docker',
    status: 'info',
    detail: 'Not installed; the process runtime needs none.',
    cure: null,
  },
  { id: 'disk', label: 'Disk', status: 'ok', detail: '412.6 GiB free in the models directory', cure: null },
  { id: 'port', label: 'Port', status: 'ok', detail: '8084 is ours', cure: null },
];

export const ANSWER = `A KV cache keeps the **keys and values** of every token already read, so that each new token costs one step and not the whole prompt again.

Its size follows from the model:

| Part | Value |
|---|---|
| Layers | 36 |
| KV heads | 8 |
| Head size | 128 |

\`\`\`python
def kv_bytes(tokens: int, layers: int = 36, heads: int = 8, size: int = 128) -> int:
    """Keys and values, two bytes each."""
    return tokens * layers * heads * size * 2 * 2
\`\`\`

So 16,384 tokens take about \`2.25 GiB\`. Two things make it smaller:

1. a shorter context,
2. a quantized cache, such as \`q8_0\`.
`;
