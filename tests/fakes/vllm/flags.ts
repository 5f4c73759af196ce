/** The flags of vLLM 0.29 (its parser, dumped inside the official image), with the types that their values have. */

export type FlagKind = 'switch' | 'negatable' | 'text' | 'int' | 'human-int' | 'float' | 'json' | 'texts' | 'ints';

export interface Flag {
  readonly names: readonly string[];
  readonly kind: FlagKind;
  readonly choices: readonly string[] | null;
}

const NEGATABLE = `allow-credentials allow-deprecated-quantization async-scheduling cohere-is-reasoning-model
  cudagraph-metrics data-parallel-external-lb data-parallel-hybrid-lb dcp-q-replicate disable-cascade-attn
  disable-chunked-mm-input disable-custom-all-reduce disable-fastapi-docs disable-hybrid-kv-cache-manager
  disable-nccl-for-dp-synchronization disable-sliding-window disable-uvicorn-access-log enable-auto-tool-choice
  enable-batch-sharded-sampling enable-bf16x3-router-gemm enable-chunked-prefill enable-cumem-allocator enable-dbo
  enable-elastic-ep enable-ep-weight-filter enable-eplb enable-expert-parallel enable-fault-tolerance
  enable-flash-late-interaction enable-flashinfer-autotune enable-force-include-usage enable-layerwise-nvtx-tracing
  enable-log-deltas enable-log-outputs enable-log-requests enable-logging-iteration-details enable-lora
  enable-mamba-cache-stochastic-rounding enable-mfu-metrics enable-mixed-moe-lora-format enable-mm-embeds
  enable-moe-shared-loras enable-offline-docs enable-per-request-metrics enable-prefix-caching enable-prompt-embeds
  enable-prompt-tokens-details enable-request-id-headers enable-return-routed-experts enable-server-load-tracking
  enable-sleep-mode enable-ssl-refresh enable-tokenizer-info-endpoint enable-tower-connector-lora enable-trace-replay
  enforce-eager exclude-tools-when-tool-choice-none fail-on-environ-validation fully-sharded-loras
  interleave-mm-strings jit-monitor-verbose kv-cache-metrics kv-sharing-fast-prefill language-model-only
  log-error-stack mm-device-do-normalize mm-encoder-only numa-bind ray-workers-use-nsight return-sampling-mask
  return-tokens-as-token-ids scheduler-reserve-full-isl skip-mm-profiling skip-tokenizer-init specialize-active-lora
  tokens-only trust-remote-code trust-request-chat-template use-fp64-gumbel use-replayssm use-tqdm-on-load`;

const SWITCHES = 'aggregate-engine-logging data-parallel-multi-port-external-lb disable-log-stats grpc headless';

const INTS = `api-server-count block-size data-parallel-size data-parallel-size-local data-parallel-rank
  data-parallel-start-rank data-parallel-rpc-port data-parallel-supervisor-port dbo-decode-token-threshold
  dbo-prefill-token-threshold decode-context-parallel-size h11-max-header-count h11-max-incomplete-event-size
  long-prefill-token-threshold mamba-block-size mamba-cache-philox-rounds master-port max-cpu-loras
  max-cudagraph-capture-size max-log-len max-logprobs max-lora-rank max-loras max-num-queued-reqs
  max-num-queued-tokens max-num-seqs max-parallel-loading-workers nnodes node-rank num-gpu-blocks-override
  offload-group-size offload-num-in-group offload-prefetch-step optimization-level pipeline-parallel-size port
  prefill-context-parallel-size prefix-cache-retention-interval renderer-num-workers seed shutdown-timeout
  sse-keep-alive-interval stream-interval tensor-parallel-size ubatch-size spec-tokens ssl-cert-reqs
  mm-shm-cache-max-object-size-mb distributed-timeout-seconds cpu-distributed-timeout-seconds`;
const HUMAN_INTS = 'max-model-len max-num-batched-tokens kv-cache-memory-bytes max-num-scheduled-tokens';
const FLOATS =
  'cpu-offload-gb gpu-memory-utilization kv-offloading-size mm-processor-cache-gb mm-ipc-gpu-memory-gb video-pruning-rate kv-cache-metrics-sample';
const JSON_VALUES = `additional-config attention-config compilation-config default-chat-template-kwargs
  default-mm-loras diffusion-config ec-manager-config ec-transfer-config eplb-config fault-tolerance-config
  hf-overrides kernel-config kv-events-config kv-transfer-config limit-mm-per-prompt media-io-kwargs
  mm-processor-kwargs model-loader-extra-config override-generation-config pooler-config profiler-config
  quantization-config reasoning-config speculative-config structured-outputs-config weight-transfer-config
  allowed-headers allowed-methods allowed-origins model-class-overrides`;
const TEXT_LISTS = `served-model-name middleware lora-modules lora-target-modules ignore-patterns
  kv-cache-dtype-skip-layers disable-access-log-for-endpoints allowed-media-domains offload-params cpu-offload-params
  logits-processors collect-detailed-traces api-key numa-bind-nodes numa-bind-cpus`;
const TEXTS = `all2all-backend allowed-local-media-path attention-backend chat-template code-revision cohere-format
  config cp-kv-cache-interleave-size data-parallel-address data-parallel-backend dcp-comm-backend
  dcp-kv-cache-interleave-size device-ids download-dir dp-supervisor-probe-failure-threshold
  dp-supervisor-probe-interval-s dp-supervisor-probe-timeout-s expert-placement-strategy fingerprint-mode
  fingerprint-value gdn-prefill-backend generation-config hf-config-path hf-token host io-processor-plugin
  ir-op-priority jit-monitor-mode kda-prefill-backend linear-backend load-format log-config-file logprobs-mode
  lora-dtype mamba-backend mamba-ssu-algorithm master-addr mm-encoder-attn-backend mm-encoder-attn-dtype
  mm-encoder-fp8-scale-path mm-encoder-fp8-scale-save-margin mm-encoder-fp8-scale-save-path mm-encoder-tp-mode
  mm-hasher-algorithm mm-processor-cache-type mm-processor-device mm-tensor-ipc model moe-backend
  otlp-traces-endpoint per-request-spec-decode-metrics performance-mode prefill-schedule-interval prefix-match-unit
  pt-load-map-location quantization reasoning-parser reasoning-parser-plugin replayssm-buffer-len response-role
  revision root-path safetensors-load-strategy safetensors-prefetch-block-size safetensors-prefetch-num-threads
  scheduler-cls show-hidden-metrics-for-version spec-method spec-model ssl-ca-certs ssl-certfile ssl-ciphers
  ssl-keyfile tokenizer tokenizer-revision tool-call-parser tool-parser-plugin tool-server uds video-pruning-method
  watermark worker-cls worker-extension-cls`;

const CHOICES: Readonly<Record<string, string>> = {
  'chat-template-content-format': 'auto openai string',
  'config-format': 'auto hf mistral',
  convert: 'auto none embed classify',
  'distributed-executor-backend': 'external_launcher mp ray uni',
  dtype: 'auto bfloat16 float float16 float32 half',
  'kv-cache-dtype':
    'auto bfloat16 float16 fp8 fp8_ds_mla fp8_e4m3 fp8_e5m2 fp8_inc fp8_per_token_head int4_per_token_head int8_per_token_head nvfp4 nvfp4_4over6 turboquant_3bit_nc turboquant_4bit_nc turboquant_k3v4_nc turboquant_k8v4',
  'kv-offloading-backend': 'lmcache native',
  'mamba-cache-dtype': 'auto bfloat16 float16 float32',
  'mamba-cache-mode': 'align all none',
  'mamba-ssm-cache-dtype': 'auto bfloat16 float16 float32',
  'model-impl': 'auto terratorch transformers vllm',
  'offload-backend': 'auto prefetch uva',
  'prefix-caching-hash-algo': 'sha256 sha256_cbor xxhash xxhash_cbor',
  runner: 'auto draft generate pooling',
  'scheduling-policy': 'fcfs priority',
  'tokenizer-mode': 'auto cohere deepseek_v32 deepseek_v4 hf inkling kimi_k3 mistral slow',
  'uvicorn-log-level': 'critical debug error info trace warning',
};

const SHORT: Readonly<Record<string, string>> = {
  'tensor-parallel-size': '-tp',
  'pipeline-parallel-size': '-pp',
  'data-parallel-size': '-dp',
  'enable-expert-parallel': '-ep',
  'api-server-count': '-asc',
  quantization: '-q',
  'optimization-level': '-O',
  'compilation-config': '-cc',
  'attention-config': '-ac',
  'speculative-config': '-sc',
};

const named = (list: string) => list.split(/\s+/).filter((name) => name !== '');

function flag(name: string, kind: FlagKind): Flag {
  const short = SHORT[name];
  const names = [
    `--${name}`,
    ...(kind === 'negatable' ? [`--no-${name}`] : []),
    ...(short === undefined ? [] : [short]),
  ];
  const choices = CHOICES[name] === undefined ? null : named(CHOICES[name]);
  return { names, kind, choices: name === 'max-lora-rank' ? named('1 8 16 32 64 128 256 320 512') : choices };
}

export const FLAGS: readonly Flag[] = [
  ...named(NEGATABLE).map((name) => flag(name, 'negatable')),
  ...named(SWITCHES).map((name) => flag(name, 'switch')),
  ...named(INTS).map((name) => flag(name, 'int')),
  ...named(HUMAN_INTS).map((name) => flag(name, 'human-int')),
  ...named(FLOATS).map((name) => flag(name, 'float')),
  ...named(JSON_VALUES).map((name) => flag(name, 'json')),
  ...named(TEXT_LISTS).map((name) => flag(name, 'texts')),
  ...named(TEXTS).map((name) => flag(name, 'text')),
  ...Object.keys(CHOICES).map((name) => flag(name, 'text')),
  flag('cudagraph-capture-sizes', 'ints'),
];

export const USAGE = 'usage: vllm serve [model_tag] [options]';

/** As argparse shapes it: two spaces before the names, choices in braces, the value in capitals. */
export const HELP = [
  USAGE,
  '',
  'Launch a local OpenAI-compatible API server to serve LLM',
  'completions via HTTP. (A stand-in for tests.)',
  '',
  'positional arguments:',
  '  model_tag             The model tag to serve (optional if specified in config)',
  '',
  'options:',
  '  -h, --help            show this help message and exit',
  ...FLAGS.flatMap(helpLines),
  '',
].join('\n');

function helpLines({ names, kind, choices }: Flag): string[] {
  const value = (names[0] ?? '').slice(2).replaceAll('-', '_').toUpperCase();
  const shown = choices === null ? value : `{${choices.join(',')}}`;
  const suffix =
    kind === 'switch' || kind === 'negatable'
      ? ''
      : kind === 'texts' || kind === 'ints'
        ? ` ${shown} [${shown} ...]`
        : ` ${shown}`;
  return [`  ${names.map((name) => `${name}${suffix}`).join(', ')}`, '                        (default: None)'];
}
