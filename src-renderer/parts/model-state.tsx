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
  // The words of a wait to restart hold its seconds already.
  if (progress.stage === 'prepare') return progress.phase;
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
    contextLength:
      model.engine?.context_length ??
      numberField(model, model.engine_type === 'vllm' ? 'max_model_len' : 'context_size'),
    slots: model.engine?.slots ?? numberField(model, model.engine_type === 'vllm' ? 'max_num_seqs' : 'parallel_slots'),
  };
}

/** Numbers or UUIDs of the GPUs it is kept to; empty for all of them. */
export function gpusOf(model: Model): readonly string[] {
  const value: unknown = model['selected_gpus'];
  return Array.isArray(value) ? value.map(String) : [];
}

/** "GPU 0, 1", "all GPUs", "CPU". */
export function gpuWords(model: Model): string {
  if (model['device'] === 'cpu' || model.engine?.backend === 'cpu') return 'CPU';
  const chosen = gpusOf(model);
  return chosen.length === 0 ? 'all' : chosen.map((gpu) => (gpu.length > 8 ? `${gpu.slice(0, 8)}…` : gpu)).join(', ');
}

const ENGINES = { llamacpp: 'llama.cpp', vllm: 'vLLM' } as const;
export const engineName = (engine: keyof typeof ENGINES): string => ENGINES[engine];

const BACKENDS = { cuda: 'CUDA', vulkan: 'Vulkan', metal: 'Metal', rocm: 'ROCm', cpu: 'CPU' } as const;
export const backendName = (backend: keyof typeof BACKENDS): string => BACKENDS[backend];

/** Whether every word of a search stands in its names, its files, its engine or its state. */
export function matchesModel(model: Model, search: string): boolean {
  const { name, served_model_name: served, local_path: path, repo_id: repo, state, runtime } = model;
  const text = [name, served, path, repo, state, runtime, engineName(model.engine_type)].join(' ').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
