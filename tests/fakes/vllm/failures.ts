import { api, core, line, pause } from './log.ts';

/** Everything vLLM is known to fail with, in its own words, for `STANDIN_FAIL`. */
export interface Failure {
  /** api: before the engine's process; core: inside it, after loading began; args: before anything. */
  readonly where: 'args' | 'api' | 'core';
  /** The last line of the traceback, or what argparse writes. */
  readonly text: string;
  /** Lines before it. */
  readonly before?: readonly string[];
  readonly exitCode?: number;
}

const KV_SMALL =
  "ValueError: To serve at least one request with the model's max seq len (32768), (4.00 GiB KV cache is needed, which is" +
  ' larger than the available KV cache memory (1.50 GiB). Based on the available memory, the estimated maximum model' +
  ' length is 12288. Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the engine.';

export const FAILURES: Readonly<Record<string, Failure>> = {
  gpu_busy: {
    where: 'core',
    text: 'ValueError: Free memory on device cuda:0 (5.20/24.00 GiB) on startup is less than desired GPU memory utilization (0.92, 22.08 GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.',
  },
  oom_load: {
    where: 'core',
    before: [
      'Failed to load model - not enough GPU memory. Try lowering --gpu-memory-utilization to free memory for weights, increasing --tensor-parallel-size, or using --quantization.',
    ],
    text: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a total capacity of 23.64 GiB of which 812.00 MiB is free.',
  },
  oom_sampler: {
    where: 'core',
    text: 'RuntimeError: CUDA out of memory occurred when warming up sampler with 1024 dummy requests. Please try lowering `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.',
  },
  oom: {
    where: 'core',
    text: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 224.00 MiB. GPU 0 has a total capacity of 23.64 GiB of which 101.00 MiB is free.',
  },
  no_kv: {
    where: 'core',
    text: 'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
  },
  kv_small: { where: 'core', text: KV_SMALL },
  autofit: {
    where: 'core',
    text: 'ValueError: Cannot auto-fit max_model_len: not enough GPU memory available to serve even a single token.',
  },
  profiling_race: {
    where: 'core',
    text: 'AssertionError: Error in memory profiling. Initial free memory 21.5 GiB, current free memory 22.9 GiB. This happens when other processes sharing the same container release GPU memory while vLLM is profiling during initialization.',
  },
  len_too_big: {
    where: 'api',
    text: "  Value error, User-specified max_model_len (131072) is greater than the derived max_model_len (max_position_embeddings=32768.0 or model_max_length=None in model's config.json). [type=value_error, input_value=ArgsKwargs((), {}), input_type=ArgsKwargs]",
    before: ['pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig'],
  },
  arch: {
    where: 'api',
    text: "  Value error, Model architectures ['FancyForCausalLM'] are not supported for now. Supported architectures: dict_keys(['LlamaForCausalLM', 'Qwen3ForCausalLM']) [type=value_error]",
    before: ['pydantic_core._pydantic_core.ValidationError: 1 validation error for ModelConfig'],
  },
  arch_removed: {
    where: 'api',
    text: 'ValueError: Model architecture MPTForCausalLM was supported in vLLM until v0.10.2, and is not supported anymore. Please use an older version of vLLM if you want to use this model architecture.',
  },
  arch_plugin: {
    where: 'api',
    text: 'ValueError: Model architecture BartForConditionalGeneration is not supported in-tree anymore. Please install the plugin at https://github.com/vllm-project/bart-plugin to use this model.',
  },
  arch_inspect: {
    where: 'api',
    text: "ValueError: Model architectures ['FancyForCausalLM'] failed to be inspected. Please check the logs for more details.",
  },
  transformers_old: {
    where: 'api',
    text: 'ValueError: The checkpoint you are trying to load has model type `qwen3` but Transformers does not recognize this architecture. This could be because of an issue with the checkpoint, or because your version of Transformers is out of date.',
  },
  quant_mismatch: {
    where: 'api',
    text: 'ValueError: Quantization method specified in the model config (gptq) does not match the quantization method specified in the `quantization` argument (awq).',
  },
  quant_unknown: {
    where: 'api',
    text: "ValueError: Unknown quantization method: bitsandbytes. Must be one of ['awq', 'gptq', 'fp8'].",
  },
  quant_invalid: { where: 'api', text: 'ValueError: Invalid quantization method: int8' },
  quant_cc: {
    where: 'api',
    text: 'ValueError: The quantization method modelopt is not supported for the current GPU. Minimum capability: 89. Current capability: 75.',
  },
  bf16_cc: {
    where: 'core',
    text: 'ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla T4 GPU has compute capability 7.5. You can use float16 instead by explicitly setting the `dtype` flag in CLI, for example: --dtype=half.',
  },
  dtype_quant: {
    where: 'api',
    text: 'ValueError: torch.bfloat16 is not supported for quantization method awq. Supported dtypes: [torch.float16]',
  },
  repo: {
    where: 'api',
    text: "ValueError: Invalid repository ID or local directory specified: '/models/empty'. Please verify the following requirements: 1. Provide a valid Hugging Face repository ID.",
  },
  no_config: {
    where: 'api',
    text: "ValueError: Could not detect config format for no config file found. With config_format 'auto', ensure your model has either config.json (HF format) or params.json (Mistral format).",
  },
  remote_code: {
    where: 'api',
    text: 'RuntimeError: Failed to load the model config. If the model is a custom model not yet available in the HuggingFace transformers library, consider setting `trust_remote_code=True` in LLM or using the `--trust-remote-code` flag in the CLI.',
  },
  weights: { where: 'core', text: 'RuntimeError: Cannot find any model weights with `/models/empty`' },
  load_format: { where: 'core', text: 'ValueError: Unknown load_format: gguf' },
  gated: {
    where: 'api',
    text: 'huggingface_hub.errors.GatedRepoError: 403 Client Error. Cannot access gated repo for url https://huggingface.co/meta-llama/Llama-3.1-8B/resolve/main/config.json.',
  },
  gated_401: {
    where: 'api',
    text: 'requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/api/models/a/b',
  },
  gated_oserror: {
    where: 'api',
    text: 'OSError: You are trying to access a gated repo. Make sure to have access to it at https://huggingface.co/google/gemma-3-4b-it.',
  },
  offline: {
    where: 'api',
    text: "OSError: We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cached files.",
  },
  offline_mode: {
    where: 'api',
    text: 'huggingface_hub.errors.OfflineModeIsEnabled: Cannot reach https://huggingface.co/api/models/a/b: offline mode is enabled.',
  },
  not_cached: {
    where: 'api',
    text: 'huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder for the specified revision on the local disk and outgoing traffic has been disabled.',
  },
  repo_missing: {
    where: 'api',
    text: 'huggingface_hub.errors.RepositoryNotFoundError: 404 Client Error. Repository Not Found for url: https://huggingface.co/api/models/a/b.',
  },
  network: {
    where: 'api',
    text: "requests.exceptions.ConnectTimeout: (MaxRetryError('HTTPSConnectionPool(host=huggingface.co, port=443): Max retries exceeded with url: /api'), ConnectTimeoutError)",
  },
  tokenizer: {
    where: 'api',
    text: "ValueError: Couldn't instantiate the backend tokenizer from one of: (1) a `tokenizers` library serialization file",
  },
  tokenizer_load: {
    where: 'api',
    text: "OSError: Can't load tokenizer for '/models/a'. If you were trying to load it from 'https://huggingface.co/models', make sure",
  },
  tp: {
    where: 'api',
    text: 'ValueError: Total number of attention heads (28) must be divisible by tensor parallel size (8).',
  },
  gpu_count: {
    where: 'core',
    text: 'ValueError: World size (4) is larger than the number of available GPUs (2) in this node.',
  },
  gpu_count_dp: { where: 'core', text: 'AssertionError: DP adjusted local rank 2 is out of bounds for 2 devices.' },
  gpu_count_old: { where: 'core', text: 'ValueError: Tensor parallel size (4) cannot be larger than GPU count (2)' },
  no_gpu: {
    where: 'api',
    text: 'RuntimeError: Failed to infer device type, please set the environment variable `VLLM_LOGGING_LEVEL=DEBUG` to turn on verbose logging to help debug the issue.',
  },
  no_gpu_torch: { where: 'core', text: 'RuntimeError: No CUDA GPUs are available' },
  no_libcuda: {
    where: 'api',
    text: 'ImportError: libcuda.so.1: cannot open shared object file: No such file or directory',
  },
  driver_old: {
    where: 'core',
    text: 'RuntimeError: The NVIDIA driver on your system is too old (found version 12040). Please update your GPU driver by downloading and installing a new version',
  },
  driver_insufficient: {
    where: 'core',
    text: 'torch.AcceleratorError: CUDA error: CUDA driver version is insufficient for CUDA runtime version',
  },
  driver_ptx: {
    where: 'core',
    text: 'torch.AcceleratorError: CUDA error: the provided PTX was compiled with an unsupported toolchain.',
  },
  sm_low: {
    where: 'core',
    text: 'torch.AcceleratorError: CUDA error: no kernel image is available for execution on the device',
  },
  sm_torch: {
    where: 'core',
    text: 'UserWarning: Tesla P40 with CUDA capability sm_61 is not compatible with the current PyTorch installation.',
  },
  port: { where: 'api', text: 'OSError: [Errno 98] Address already in use' },
  shm: { where: 'core', text: 'RuntimeError: unable to write to file </torch_1_2_3>: No space left on device (28)' },
  bus: {
    where: 'core',
    text: 'RuntimeError: DataLoader worker is killed by signal: Bus error. It is possible that dataloader workers are out of shared memory.',
  },
  nccl_shm: {
    where: 'core',
    text: 'RuntimeError: NCCL error: unhandled system error (run with NCCL_DEBUG=INFO for details)',
  },
  nccl_timeout: {
    where: 'core',
    text: 'torch.distributed.DistBackendError: [Rank 1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=3, OpType=ALLREDUCE, Timeout(ms)=600000) ran for 600012 milliseconds before timing out.',
  },
  attn: {
    where: 'core',
    text: "ValueError: Unknown attention backend: 'XFORMERS'. Valid options are: FLASH_ATTN, TRITON_ATTN",
  },
  attn_sinks: { where: 'core', text: 'AssertionError: Sinks are only supported in FlashAttention 3' },
  parser: {
    where: 'api',
    text: "KeyError: 'invalid tool call parser: qwen3coder (chose from { hermes,qwen3_coder,qwen3_xml })'",
  },
  reasoning_parser: {
    where: 'api',
    text: "KeyError: 'invalid reasoning parser: qwen33 (chose from { deepseek_r1,qwen3 })'",
  },
  args: { where: 'args', text: 'vllm: error: unrecognized arguments: --swap-space 4', exitCode: 2 },
  args_value: {
    where: 'args',
    text: "vllm serve: error: argument --max-model-len: invalid human_readable_int value: 'lots'",
    exitCode: 2,
  },
  module: { where: 'core', text: "ModuleNotFoundError: No module named 'flash_attn'" },
  disk: { where: 'core', text: "OSError: [Errno 28] No space left on device: '/cache/vllm/torch_compile_cache'" },
  host_oom: { where: 'core', text: '', exitCode: 137 },
  unknown: { where: 'core', text: 'ZeroDivisionError: division by zero' },
};

const TRACE = [
  'Traceback (most recent call last):',
  '  File "/opt/vllm/engine/core.py", line 1337, in run_engine_core',
  '    engine_core = EngineCoreProc(*args)',
  '                  ^^^^^^^^^^^^^^^^^^^^^',
];

/** Fails as vLLM does: some phases, the traceback, and the general lines under which people look in vain. */
export async function printFailure(id: string, loadMs: number): Promise<void> {
  const failure = FAILURES[id];
  if (failure !== undefined) await printLines(failure, loadMs, failureLines(failure));
}

export async function printLines(failure: Failure, loadMs: number, lines: readonly string[]): Promise<void> {
  for (const text of lines) {
    process.stderr.write(text);
    await pause(loadMs / 40);
  }
  process.exitCode = failure.exitCode ?? 1;
  // The first process of a container cannot kill itself; its exit code says the same.
  if (failure.exitCode === 137) process.exit(137);
}

/** All lines of a failure on demand, each with its end. */
export function failureLines(failure: Failure): string[] {
  if (failure.where === 'args') return ['usage: vllm serve [model_tag] [options]\n', `${failure.text}\n`];
  const boot = line('APIServer', 'INFO', 'api_server.py:1928', 'vLLM API server version 0.29.0');
  const load = line('EngineCore', 'INFO', 'gpu_model_runner.py:5400', 'Starting to load model /models/a...');
  return [boot, ...(failure.where === 'core' ? [load] : []), ...tracebackLines(failure)];
}

/** The traceback and what stands around it. One that the kernel ended says nothing. */
export function tracebackLines(failure: Failure): string[] {
  if (failure.text === '') return [];
  const told = [...TRACE, ...(failure.before ?? []), failure.text];
  if (failure.where === 'api') return told.map((text) => `(APIServer pid=${process.pid}) ${text}\n`);
  const inCore = (text: string) => line('EngineCore', 'ERROR', 'core.py:1346', text);
  return [
    inCore('EngineCore failed to start.'),
    ...told.map(inCore),
    `(APIServer pid=${process.pid}) RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}\n`,
  ];
}

/** The engine dies while it serves. */
export function printCrash(): void {
  core('ERROR', 'core.py:1348', 'EngineCore encountered a fatal error.');
  core('ERROR', 'core.py:1348', 'torch.AcceleratorError: CUDA error: an illegal memory access was encountered');
  api('ERROR', 'async_llm.py:770', 'AsyncLLM output_handler failed.');
  process.stderr.write(
    'vllm.v1.engine.exceptions.EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause.\n',
  );
}
