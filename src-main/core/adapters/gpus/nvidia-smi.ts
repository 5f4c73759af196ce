import type { Gpu, GpuInventory } from '../../ports/gpu-inventory.ts';
import { runCommand } from '../processes/command.ts';

const TIMEOUT_MS = 10_000;
/** GPUs do not come and go while a start is planned; asking costs up to a second. */
const FRESH_MS = 30_000;

/** Asks `nvidia-smi`, which comes with the driver. */
export class NvidiaSmi implements GpuInventory {
  #known: { readonly gpus: readonly Gpu[]; readonly at: number } | null = null;

  async list(signal: AbortSignal): Promise<readonly Gpu[]> {
    if (this.#known !== null && performance.now() - this.#known.at < FRESH_MS) return this.#known.gpus;
    const outcome = await runCommand(
      ['nvidia-smi', '--query-gpu=index,uuid,name', '--format=csv,noheader'],
      { timeoutMs: TIMEOUT_MS },
      signal,
    );
    const gpus = outcome.kind === 'exited' && outcome.code === 0 ? parseGpus(outcome.stdout) : [];
    this.#known = { gpus, at: performance.now() };
    return gpus;
  }
}

/** Reads lines like `0, GPU-8f4c…, NVIDIA H200`; what is no such line is left out. */
export function parseGpus(text: string): Gpu[] {
  return text.split('\n').flatMap((line) => {
    const [, index, uuid, name] = /^(\d+), (GPU-[0-9a-f-]+), (.+)$/.exec(line.trim()) ?? [];
    return index === undefined || uuid === undefined || name === undefined
      ? []
      : [{ index: Number(index), uuid, name }];
  });
}
