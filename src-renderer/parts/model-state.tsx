import type { LoadProgress, Model, ModelState } from '#contract/models.ts';
import { timeLeft } from '../ui/format.ts';
import { StateMark, type Tone } from '../ui/state.tsx';

const WORDS: Record<ModelState, { readonly tone: Tone; readonly word: string }> = {
  stopped: { tone: 'stopped', word: 'Stopped' },
  starting: { tone: 'working', word: 'Starting' },
  loading: { tone: 'working', word: 'Loading' },
  running: { tone: 'ready', word: 'Running' },
  stopping: { tone: 'working', word: 'Stopping' },
  failed: { tone: 'failed', word: 'Failed' },
};

export function ModelStateMark({ state }: { readonly state: ModelState }) {
  const { tone, word } = WORDS[state];
  return <StateMark tone={tone}>{word}</StateMark>;
}

/** On its way to another state, so that neither start nor stop is the whole story. */
export const isComing = (model: Model): boolean => model.state === 'starting' || model.state === 'loading';
export const isUp = (model: Model): boolean => isComing(model) || model.state === 'running';

/** "Loading weights, 42 %, 12 s left". */
export function progressWords(progress: LoadProgress): string {
  const parts = [progress.phase];
  if (progress.fraction !== null) parts.push(`${Math.round(progress.fraction * 100)} %`);
  if (progress.eta_seconds !== null) parts.push(timeLeft(progress.eta_seconds));
  return parts.join(', ');
}

function numberField(model: Model, name: string): number | null {
  const value: unknown = model[name];
  return typeof value === 'number' ? value : null;
}

export interface ModelCapacity {
  /** Tokens a slot holds; what the engine says, else what is configured. */
  readonly contextLength: number | null;
  readonly slots: number | null;
}

export function capacityOf(model: Model): ModelCapacity {
  return {
    contextLength: model.engine?.context_length ?? numberField(model, 'context_size'),
    slots: model.engine?.slots ?? numberField(model, 'parallel_slots'),
  };
}

const ENGINES = { llamacpp: 'llama.cpp', vllm: 'vLLM' } as const;
export const engineName = (engine: keyof typeof ENGINES): string => ENGINES[engine];

const BACKENDS = { cuda: 'CUDA', vulkan: 'Vulkan', metal: 'Metal', rocm: 'ROCm', cpu: 'CPU' } as const;
export const backendName = (backend: keyof typeof BACKENDS): string => BACKENDS[backend];
