import type { Values } from './arguments.ts';
import { api, bar, core, pause } from './log.ts';
import { StartFailure, type ModelFacts } from './model.ts';
import type { Pretence } from './pretence.ts';

const GIB = 2 ** 30;
const USUAL_SHARE = 0.92;

export interface StartedEngine {
  readonly model: ModelFacts;
  readonly maxLength: number;
  readonly kvTokens: number;
}

/** Loads nothing, and tells every phase of a load. */
export async function engineStart(values: Values, model: ModelFacts, pretence: Pretence): Promise<StartedEngine> {
  const step = pretence.loadMs / 10;
  api('INFO', 'api_server.py:1928', 'vLLM API server version 0.29.0');
  api('INFO', 'utils.py:233', `non-default args: ${values.set}`);
  api('INFO', 'model.py:672', `Resolved architecture: ${model.architecture}`);
  api('INFO', 'model.py:1965', `Using max model len ${model.maxLength}`);
  await pause(step);
  core('INFO', 'core.py:120', "Initializing a V1 LLM engine (v0.29.0) with config: model='" + model.path + "'");
  checkFreeMemory(values, pretence);
  core('INFO', 'gpu_model_runner.py:5400', `Starting to load model ${model.path}...`);
  await bar('Loading safetensors checkpoint shards: ', step * 3, (percent) => {
    const done = Math.round(percent / 25);
    return `${String(percent).padStart(3)}% Completed | ${done}/4 [00:00<00:00,  1.20it/s]`;
  });
  core('INFO', 'default_loader.py:431', 'Loading weights took 0.42 seconds');
  core('INFO', 'model_runner.py:381', 'Model loading took 3.50 GiB memory and 0.610000 seconds');
  await compile(values, step);
  const kvTokens = fitted(values, model, pretence);
  const maxLength = values.number('max-model-len') === -1 ? Math.min(model.maxLength, kvTokens) : model.maxLength;
  tellMemory(model, maxLength, kvTokens);
  await capture(values, step);
  core('INFO', 'core.py:338', 'init engine (profile, create kv cache, warmup model) took 1.20 seconds');
  return { model, maxLength, kvTokens };
}

function checkFreeMemory(values: Values, { freeGib, totalGib }: Pretence): void {
  const share = values.number('gpu-memory-utilization') ?? USUAL_SHARE;
  const wanted = share * totalGib;
  if (freeGib === null || wanted <= freeGib) return;
  throw new StartFailure(
    'core',
    `ValueError: Free memory on device cuda:0 (${freeGib}/${totalGib} GiB) on startup is less than desired GPU memory utilization (${share}, ${wanted.toFixed(2)} GiB). Decrease GPU memory utilization or reduce GPU memory used by other processes.`,
  );
}

async function compile(values: Values, step: number): Promise<void> {
  if (values.switch('enforce-eager') === true) return;
  core('INFO', 'backends.py:651', "Using cache directory: /cache/vllm/torch_compile_cache/1 for vLLM's torch.compile");
  await pause(step);
  core('INFO', 'backends.py:711', 'Dynamo bytecode transform time: 0.31 s');
  core('INFO', 'backends.py:230', 'Compiling a graph for compile range (1, 2048) takes 0.92 s');
  await pause(step);
}

/** Tokens that the KV cache holds; refuses a context that does not fit. */
function fitted(values: Values, model: ModelFacts, pretence: Pretence): number {
  const share = (values.number('gpu-memory-utilization') ?? USUAL_SHARE) / USUAL_SHARE;
  const tensor = values.number('tensor-parallel-size') ?? 1;
  const factor = values.text('kv-cache-dtype')?.startsWith('fp8') === true ? 2 : 1;
  const tokens =
    pretence.kvTokens === null ? model.maxLength * 8 : Math.floor(pretence.kvTokens * share * tensor * factor);
  core('INFO', 'gpu_worker.py:579', `Available KV cache memory: ${gib(tokens * model.bytesAToken)} GiB`);
  if (tokens < 16) {
    throw new StartFailure(
      'core',
      'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
    );
  }
  if (values.number('max-model-len') === -1 || tokens >= model.maxLength) return tokens;
  throw new StartFailure(
    'core',
    `ValueError: To serve at least one request with the model's max seq len (${model.maxLength}), (${gib(model.maxLength * model.bytesAToken)} GiB KV cache is needed, which is larger than the available KV cache memory (${gib(tokens * model.bytesAToken)} GiB). Based on the available memory, the estimated maximum model length is ${tokens}. Try increasing \`gpu_memory_utilization\` or decreasing \`max_model_len\` when initializing the engine.`,
  );
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(2);
}

function tellMemory(model: ModelFacts, maxLength: number, kvTokens: number): void {
  if (maxLength < model.maxLength) {
    core(
      'INFO',
      'kv_cache_utils.py:2023',
      `Auto-fit max_model_len: reduced from ${model.maxLength} to ${maxLength} to fit in available GPU memory`,
    );
  }
  const tokens = kvTokens.toLocaleString('en-US');
  const concurrency = (kvTokens / maxLength).toFixed(2);
  core(
    'INFO',
    'kv_cache_utils.py:1876',
    `GPU KV cache size: ${tokens} tokens, Maximum concurrency for ${maxLength.toLocaleString('en-US')} tokens per request: ${concurrency}x`,
  );
}

async function capture(values: Values, step: number): Promise<void> {
  if (values.switch('enforce-eager') === true) return;
  await bar('Capturing CUDA graphs (mixed prefill-decode, PIECEWISE): ', step, (percent) => {
    return `${String(percent).padStart(3)}%|${'█'.repeat(percent / 10)}| ${percent / 25}/4 [00:00<00:00, 12.00it/s]`;
  });
  core('INFO', 'model_runner.py:907', 'Graph capturing finished in 1 secs, took 0.55 GiB');
  core(
    'INFO',
    'gpu_worker.py:783',
    'Free memory on device (23.10/24.00 GiB) on startup. Desired GPU memory utilization is (0.92, 22.08 GiB). Actual usage is 3.60 GiB for consumed memory (weights + non-torch), 1.20 GiB for peak activation, and 0.55 GiB for CUDAGraph memory.',
  );
}
