import type { LoadStageName, LoggedFacts, LogLevel } from '../driver.ts';
import type { BackendName, FieldValues } from '../field-table.ts';

/**
 * Reads the log of `vllm serve`: `(EngineCore pid=123) INFO 11-23 10:00:00 [file.py:12] text`, beside lines of uvicorn,
 * progress bars and tracebacks without that head. The texts are those of 0.28 to 0.33.
 */

const HEAD = /^(?:\([^)]*\)\s*)?(DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL)\b/;
const LEVELS: Readonly<Record<string, LogLevel>> = { DEBUG: 'debug', INFO: 'info', WARNING: 'warning' };

export function levelOf(line: string): LogLevel {
  const word = HEAD.exec(line)?.[1];
  if (word !== undefined) return LEVELS[word] ?? 'error';
  if (
    /^(?:\([^)]*\)\s*)?(?:Traceback \(most recent call last\)|[\w.]*(?:Error|Exception)\b.*:|vllm: error:)/.test(line)
  ) {
    return 'error';
  }
  return /^(?:\S*: )?(?:User|Future|Deprecation|Runtime)?Warning\b/i.test(line) ? 'warning' : 'info';
}

interface Phase {
  readonly pattern: RegExp;
  readonly stage: LoadStageName;
  readonly phase: string;
  /** Where in the whole it begins; and ends, for one that tells its own percent. */
  readonly from: number;
  readonly to?: number;
}

/** A phase ends when the next one's first line comes; the share is what such a phase usually takes of a start. */
const PHASES: readonly Phase[] = [
  { pattern: /non-default args: \{|vLLM API server version/, stage: 'start', phase: 'Starting the engine', from: 0.02 },
  {
    pattern: /Resolved architecture: |Using max model len /,
    stage: 'start',
    phase: 'Reading the configuration',
    from: 0.04,
  },
  {
    pattern: /Initializing a V\d LLM engine|Using V2 Model Runner/,
    stage: 'start',
    phase: 'Starting the workers',
    from: 0.06,
  },
  {
    pattern: /\.(?:safetensors|bin|gguf):\s+(\d+)%\|/,
    stage: 'load',
    phase: 'Downloading the model',
    from: 0.07,
    to: 0.1,
  },
  { pattern: /Starting to load model|Loading model from scratch/, stage: 'load', phase: 'Loading weights', from: 0.1 },
  {
    pattern: /Loading (?:safetensors|pt) checkpoint shards:\s+(\d+)% Completed/,
    stage: 'load',
    phase: 'Loading weights',
    from: 0.1,
    to: 0.5,
  },
  { pattern: /Loading weights took|Model loading took/, stage: 'load', phase: 'Loading weights', from: 0.5 },
  {
    pattern:
      /for vLLM's torch\.compile|Dynamo bytecode transform time|Compiling a graph for|Directly load AOT compilation/,
    stage: 'compile',
    phase: 'Compiling the model',
    from: 0.52,
  },
  {
    pattern:
      /Initial profiling\/warmup run took|Profiling CUDA graph memory|Estimated CUDA graph memory|Available KV cache memory/,
    stage: 'profile',
    phase: 'Measuring the memory',
    from: 0.75,
  },
  { pattern: /GPU KV cache size: /, stage: 'profile', phase: 'Making the KV cache', from: 0.8 },
  {
    pattern: /Capturing CUDA graphs[^:]*:\s+(\d+)%/,
    stage: 'capture',
    phase: 'Capturing CUDA graphs',
    from: 0.82,
    to: 0.94,
  },
  { pattern: /Graph capturing finished/, stage: 'capture', phase: 'Capturing CUDA graphs', from: 0.94 },
  {
    pattern: /init engine \(profile, create kv cache, warmup model\) took/,
    stage: 'capture',
    phase: 'Warming up',
    from: 0.96,
  },
  {
    pattern: /Supported tasks: |Starting vLLM (?:API )?server/,
    stage: 'capture',
    phase: 'Opening the port',
    from: 0.98,
  },
  { pattern: /Application startup complete/, stage: 'ready', phase: 'Ready', from: 1 },
];

export function readLine(facts: LoggedFacts, line: string): LoggedFacts {
  return readNumbers(readDevice(readPhase(facts, line), line), line);
}

function readPhase(facts: LoggedFacts, line: string): LoggedFacts {
  for (const { pattern, stage, phase, from, to } of PHASES) {
    const match = pattern.exec(line);
    if (!match) continue;
    const percent = Math.min(100, Number(match[1] ?? 0));
    const fraction = to === undefined ? from : from + ((to - from) * percent) / 100;
    // Several workers tell the same phase one after another: the bar must not run backwards.
    if (facts.fraction !== null && fraction < facts.fraction) return facts;
    return { ...facts, stage, phase, fraction, listening: facts.listening || stage === 'ready' };
  }
  return facts;
}

/** Only what says which platform it runs on; without such a line nothing is claimed. */
const PLATFORMS: readonly (readonly [RegExp, BackendName])[] = [
  [/Automatically detected platform cuda/, 'cuda'],
  [/Automatically detected platform rocm/, 'rocm'],
  [/Automatically detected platform cpu/, 'cpu'],
  [/GPU KV cache size: |on device cuda:|Capturing CUDA graphs/, 'cuda'],
];

function readDevice(facts: LoggedFacts, line: string): LoggedFacts {
  if (facts.backend !== null) return facts;
  const backend = PLATFORMS.find(([pattern]) => pattern.test(line))?.[1];
  return backend === undefined ? facts : { ...facts, backend };
}

type Reading = readonly [RegExp, (number: number, facts: LoggedFacts) => Partial<LoggedFacts>];

const READINGS: readonly Reading[] = [
  [/Using max model len (\d+)/, (slotContext) => ({ slotContext })],
  [/GPU KV cache size: ([\d,]+) tokens/, (kvCacheTokens) => ({ kvCacheTokens })],
  [/Maximum concurrency for [\d,]+ tokens per request: ([\d.]+)x/, (maxConcurrency) => ({ maxConcurrency })],
  // The context that counts in the end, after it was fitted to the memory.
  [/Maximum concurrency for ([\d,]+) tokens per request/, (slotContext) => ({ slotContext })],
  [/Auto-fit max_model_len: reduced from [\d,]+ to ([\d,]+)/, (slotContext) => ({ slotContext })],
  [/Model loading took ([\d.]+) GiB/, (weightsGiB) => ({ weightsGiB })],
];

function readNumbers(facts: LoggedFacts, line: string): LoggedFacts {
  let read = facts;
  for (const [pattern, partOf] of READINGS) {
    const text = pattern.exec(line)?.[1];
    const number = text === undefined ? Number.NaN : Number(text.replaceAll(',', ''));
    if (Number.isFinite(number)) read = { ...read, ...partOf(number, read) };
  }
  return read;
}

/** What a person should know of a run that works, but not as planned. */
export function noticesOf(facts: LoggedFacts, planned: BackendName, fields: FieldValues): string[] {
  const notices: string[] = [];
  const { slotContext, maxConcurrency, backend } = facts;
  const asked = fields['max_model_len'];
  if (slotContext !== null && typeof asked === 'number' && asked > slotContext) {
    notices.push(`The context was shortened from ${asked} to ${slotContext} tokens, because no more fits on the GPU.`);
  }
  if (asked === -1 && facts.listening && slotContext !== null) {
    notices.push(`The context was fitted to the GPU’s memory: ${slotContext} tokens.`);
  }
  if (maxConcurrency !== null && maxConcurrency < 1.5) {
    notices.push(
      'Only one request of full length fits in the KV cache; others wait. ' +
        'A shorter context or an fp8 KV cache makes room.',
    );
  }
  if (backend === 'cpu' && planned !== 'cpu') {
    notices.push(`It runs on the CPU, although the machine has ${planned}: the image is one for CPUs, or got no GPU.`);
  }
  return notices;
}
