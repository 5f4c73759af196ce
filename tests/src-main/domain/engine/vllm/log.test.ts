import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialFacts } from '../../../../../src-main/domain/engine/initial-facts.ts';
import { levelOf, noticesOf, readLine } from '../../../../../src-main/domain/engine/vllm/log.ts';

const read = (lines: readonly string[]) => lines.reduce(readLine, initialFacts);
const core = (text: string) => `(EngineCore pid=7) INFO 11-23 10:00:00 [core.py:1] ${text}`;

/** One start, each line with the phase it begins. */
const START: readonly (readonly [string, string])[] = [
  ["(APIServer pid=1) INFO 11-23 10:00:00 [utils.py:233] non-default args: {'model': '/m'}", 'Starting the engine'],
  [
    '(APIServer pid=1) INFO 11-23 10:00:00 [model.py:672] Resolved architecture: Qwen3ForCausalLM',
    'Reading the configuration',
  ],
  ['(APIServer pid=1) INFO 11-23 10:00:00 [model.py:1965] Using max model len 32768', 'Reading the configuration'],
  [core("Initializing a V1 LLM engine (v0.29.0) with config: model='/m'"), 'Starting the workers'],
  ['model-00001-of-00004.safetensors:  12%|█▏        | 590M/4.9G', 'Downloading the model'],
  [core('Starting to load model /m...'), 'Loading weights'],
  ['Loading safetensors checkpoint shards:  50% Completed | 2/4 [00:01<00:01,  1.2it/s]', 'Loading weights'],
  [core('Loading weights took 2.10 seconds'), 'Loading weights'],
  [core('Model loading took 14.25 GiB memory and 2.400000 seconds'), 'Loading weights'],
  [core("Using cache directory: /cache/x for vLLM's torch.compile"), 'Compiling the model'],
  [core('Dynamo bytecode transform time: 4.31 s'), 'Compiling the model'],
  [core('Available KV cache memory: 5.10 GiB'), 'Measuring the memory'],
  [
    core('GPU KV cache size: 37,136 tokens, Maximum concurrency for 32,768 tokens per request: 1.13x'),
    'Making the KV cache',
  ],
  [
    'Capturing CUDA graphs (mixed prefill-decode, PIECEWISE):  25%|██▌       | 17/67 [00:01<00:03]',
    'Capturing CUDA graphs',
  ],
  [core('Graph capturing finished in 5 secs, took 0.55 GiB'), 'Capturing CUDA graphs'],
  [core('init engine (profile, create kv cache, warmup model) took 12.30 seconds'), 'Warming up'],
  [
    '(APIServer pid=1) INFO 11-23 10:00:00 [launcher.py:51] Starting vLLM server on http://0.0.0.0:8000',
    'Opening the port',
  ],
  ['(APIServer pid=1) INFO:     Application startup complete.', 'Ready'],
];
const LINES = START.map(([line]) => line);

describe('the log of vLLM', () => {
  it('tells its phases in order, and ever more of the whole', () => {
    let facts = initialFacts;
    for (const [line, phase] of START) {
      const next = readLine(facts, line);
      expect([line, next.phase]).toEqual([line, phase]);
      expect(next.fraction ?? 0).toBeGreaterThanOrEqual(facts.fraction ?? 0);
      facts = next;
    }
  });

  it('counts as listening only when the application is up, not when it says where', () => {
    expect(read(LINES.slice(0, -1)).listening).toBe(false);
    expect(read(LINES)).toMatchObject({ listening: true, stage: 'ready', fraction: 1 });
  });

  it('tells what the KV cache holds, on one line or on two as before 0.27', () => {
    const expected = {
      kvCacheTokens: 37_136,
      maxConcurrency: 1.13,
      weightsGiB: 14.25,
      slotContext: 32_768,
      backend: 'cuda',
    };
    expect(read(LINES)).toMatchObject(expected);
    const older = read([
      ...LINES.slice(0, 12),
      core('GPU KV cache size: 37,136 tokens'),
      core('Maximum concurrency for 32,768 tokens per request: 1.13x'),
    ]);
    expect(older).toMatchObject(expected);
  });

  it('tells the context that was fitted to the memory', () => {
    const facts = read([
      ...LINES.slice(0, 12),
      core('Auto-fit max_model_len: reduced from 32768 to 12288 to fit in available GPU memory'),
    ]);
    expect(facts.slotContext).toBe(12_288);
    expect(noticesOf(facts, 'cuda', { max_model_len: 32_768 })[0]).toMatch(/from 32768 to 12288/);
    expect(noticesOf({ ...facts, listening: true }, 'cuda', { max_model_len: -1 })[0]).toMatch(/12288 tokens/);
  });

  it('warns where hardly one request fits', () => {
    expect(noticesFor(1.13)[0]).toMatch(/^Only one request of full length fits in the KV cache; others wait\./);
    expect(noticesFor(1)).toHaveLength(1);
    expect(noticesFor(1.6)).toEqual([]);
    expect(noticesFor(8)).toEqual([]);
  });

  it('grades lines by their word, and tracebacks as errors', () => {
    expect(levelOf('(EngineCore pid=7) ERROR 11-23 10:00:00 [core.py:1346] EngineCore failed to start.')).toBe('error');
    expect(levelOf('WARNING 11-23 10:00:00 [x.py:1] old')).toBe('warning');
    expect(levelOf('(APIServer pid=1) INFO:     127.0.0.1:1 - "GET /health" 200')).toBe('info');
    expect(levelOf('(APIServer pid=1) Traceback (most recent call last):')).toBe('error');
    expect(levelOf('torch.OutOfMemoryError: CUDA out of memory.')).toBe('error');
    expect(levelOf('vllm: error: unrecognized arguments: --x')).toBe('error');
    expect(levelOf(LINES[6] ?? '')).toBe('info');
  });

  it('never runs backwards and never throws', () => {
    const line = fc.oneof(fc.string(), fc.constantFrom(...LINES));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        let facts = initialFacts;
        for (const text of lines) {
          const next = readLine(facts, text);
          expect(next.fraction ?? 0).toBeGreaterThanOrEqual(facts.fraction ?? 0);
          facts = next;
        }
      }),
    );
  });
});

function noticesFor(maxConcurrency: number) {
  return noticesOf({ ...initialFacts, maxConcurrency }, 'cuda', {});
}
