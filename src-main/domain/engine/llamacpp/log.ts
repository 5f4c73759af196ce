import type { LoadStageName, LoggedFacts, LogLevel } from '../driver.ts';
import type { BackendName, FieldValues } from '../field-table.ts';

/**
 * Reads the log that `llama-server -lv 4` writes: `M.SS.mmm.uuu L component function: text`, with L one of I, W, E, D,
 * beside lines without that head. The texts are those of v0.5.0.
 */

const HEAD = /^\d+\.\d\d\.\d{3}\.\d{3} ([IWED]) /;
const LEVELS: Readonly<Record<string, LogLevel>> = { I: 'info', W: 'warning', E: 'error', D: 'debug' };

export function levelOf(line: string): LogLevel {
  const letter = HEAD.exec(line)?.[1];
  if (letter !== undefined) return LEVELS[letter] ?? 'info';
  // It warns so on every run without a GPU, and the next two lines advise how to compile it.
  if (/^warning: (no usable GPU found|one possible reason|consult docs)/.test(line)) return 'info';
  if (/^(error|terminate called|.*error while loading shared libraries)/i.test(line)) return 'error';
  return /^warning/i.test(line) ? 'warning' : 'info';
}

/** A phase ends when the next one's first line comes; the share is what such a phase usually takes of a load. */
const PHASES: readonly (readonly [RegExp, LoadStageName, string, number])[] = [
  [/load_model: loading model '/, 'load', 'Reading the file', 0.03],
  [/fitting params to device memory|common_fit|fit_params/, 'load', 'Measuring the memory', 0.06],
  [/loaded meta data with/, 'load', 'Reading the file', 0.05],
  [/load_tensors: loading model tensors/, 'load', 'Loading weights', 0.1],
  [/constructing llama_context/, 'profile', 'Making the context', 0.75],
  [/sched_reserve: reserving/, 'profile', 'Reserving memory', 0.85],
  [/warming up the model/, 'capture', 'Warming up', 0.9],
  [/initializing, n_slots =/, 'capture', 'Preparing slots', 0.96],
  [/listening on http/, 'ready', 'Ready', 1],
];

export function readLine(facts: LoggedFacts, line: string): LoggedFacts {
  const phased = readPhase(facts, line);
  return readSlots(readLayers(readDevice(phased, line), line), line);
}

function readPhase(facts: LoggedFacts, line: string): LoggedFacts {
  const found = PHASES.find(([pattern]) => pattern.test(line));
  if (!found) return facts;
  const [, stage, phase, fraction] = found;
  // Measuring loads the model once without its weights: the bar must not run backwards afterwards.
  if (facts.fraction !== null && fraction < facts.fraction) return facts;
  return { ...facts, stage, phase, fraction, listening: facts.listening || phase === 'Ready' };
}

const DEVICE_BACKENDS: readonly (readonly [RegExp, BackendName])[] = [
  [/^CUDA\d/, 'cuda'],
  [/^Vulkan\d/, 'vulkan'],
  [/^(MTL|Metal)/, 'metal'],
  [/^ROCm\d/, 'rocm'],
];

function backendOf(device: string): BackendName {
  return DEVICE_BACKENDS.find(([pattern]) => pattern.test(device))?.[1] ?? 'cpu';
}

function readDevice(facts: LoggedFacts, line: string): LoggedFacts {
  const listed = /common_param: {3}- (\w+)\s+: (.+?) \(\d+ MiB, \d+ MiB free\)/.exec(line);
  if (listed?.[1] === undefined || listed[2] === undefined) return facts;
  const device = `${listed[1]}: ${listed[2]}`;
  return facts.devices.includes(device) ? facts : { ...facts, devices: [...facts.devices, device] };
}

function readLayers(facts: LoggedFacts, line: string): LoggedFacts {
  const layers = /offloaded (\d+)\/(\d+) layers to GPU/.exec(line);
  if (layers?.[1] !== undefined && layers[2] !== undefined) {
    return { ...facts, gpuLayers: { offloaded: Number(layers[1]), total: Number(layers[2]) } };
  }
  // Where weights really lie says what it runs on; a GPU that only computes prompts is not it.
  const buffer = /load_tensors:\s+(\S+) model buffer size =/.exec(line)?.[1];
  if (buffer === undefined) return facts;
  const backend = backendOf(buffer);
  return facts.backend === null || (facts.backend === 'cpu' && backend !== 'cpu') ? { ...facts, backend } : facts;
}

function readSlots(facts: LoggedFacts, line: string): LoggedFacts {
  const slots = /initializing, n_slots = (\d+), n_ctx_slot = (\d+)/.exec(line);
  return slots ? { ...facts, slots: Number(slots[1]), slotContext: Number(slots[2]) } : facts;
}

/** What a person should know of a run that works, but not as planned. */
export function noticesOf(facts: LoggedFacts, planned: BackendName, fields: FieldValues): string[] {
  const { gpuLayers, backend } = facts;
  if (planned === 'cpu' || backend === null || fields['ngl'] === 0) return [];
  if (backend === 'cpu') {
    return [`It runs on the CPU, although the engine has ${planned}: no layer was put on the GPU. Its log says why.`];
  }
  if (gpuLayers !== null && gpuLayers.offloaded < gpuLayers.total && fields['ngl'] === undefined) {
    return [
      `${gpuLayers.offloaded} of ${gpuLayers.total} layers fit on the GPU; the others run on the CPU and slow it down. ` +
        'A shorter context or a smaller KV cache type makes room.',
    ];
  }
  return [];
}
