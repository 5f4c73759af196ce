/** What the log of a start says of the GPU's memory, in GiB: by these numbers a fix helps, or does not. */
export interface MemoryFacts {
  /** One GPU's, and how much of it was free; null where no line says it. */
  readonly gpu: { readonly total: number; readonly free: number } | null;
  /** What one GPU took of the weights. */
  readonly weights: number | null;
  /** What was left for the KV cache; below zero where it was not even enough for the rest. */
  readonly cache: number | null;
  /** How far it came: until the cache is made, its share of the memory has nothing to give back. */
  readonly phase: 'unknown' | 'weights' | 'profile' | 'cache';
}

export function memoryFacts(lines: readonly string[]): MemoryFacts {
  const last = (pattern: RegExp) =>
    lines.reduce<RegExpExecArray | null>((found, line) => pattern.exec(line) ?? found, null);
  const number = (pattern: RegExp) => {
    const text = last(pattern)?.[1];
    return text === undefined ? null : Number(text);
  };
  const gpu = last(/Free memory on device(?: \S+)? \(([\d.]+)\/([\d.]+) GiB\)/);
  const cache = number(/Available KV cache memory: (-?[\d.]+) GiB/);
  const weights = number(/Model loading took ([\d.]+) GiB/);
  return {
    gpu: gpu === null ? null : { free: Number(gpu[1]), total: Number(gpu[2]) },
    weights,
    cache,
    phase:
      cache !== null || last(/GPU KV cache size: /) !== null
        ? 'cache'
        : weights !== null
          ? 'profile'
          : last(/Starting to load model|Loading model from scratch/) !== null
            ? 'weights'
            : 'unknown',
  };
}

const UNITS: Readonly<Record<string, number>> = { K: 2 ** -20, M: 2 ** -10, G: 1 };

/** "Tried to allocate 1.50 GiB. GPU 0 has a total capacity of 23.64 GiB of which 812.00 MiB is free." */
export function failedAllocation(line: string): { wanted: number; total: number; free: number } | null {
  const said =
    /Tried to allocate ([\d.]+) ([KMG])iB\. GPU \d+ has a total capacity of ([\d.]+) ([KMG])iB of which ([\d.]+) ([KMG])iB is free/.exec(
      line,
    );
  if (said === null) return null;
  const at = (index: number) => Number(said[index]) * (UNITS[said[index + 1] ?? ''] ?? 1);
  return { wanted: at(1), total: at(3), free: at(5) };
}
