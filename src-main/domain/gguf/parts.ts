/** Files that make up one model: all parts of a split one, or a single file. */
export interface GgufFileGroup {
  /** In part order; of a split model those that are there. */
  readonly files: readonly string[];
  /** How many parts there should be; 1 for a single file. */
  readonly partCount: number;
  /** Numbers of the parts that are not there, the first part being 1. */
  readonly missing: readonly number[];
}

const PART = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/i;

/** The number of a part and how many there are, from a name such as `model-00002-of-00003.gguf`; null for a whole file. */
export function partOf(path: string): { prefix: string; number: number; count: number } | null {
  const [, prefix, number, count] = PART.exec(path) ?? [];
  if (prefix === undefined || number === undefined || count === undefined) return null;
  return { prefix, number: Number(number), count: Number(count) };
}

/** The paths of all parts of the model that a path is a part of, the one an engine opens first; none for a whole file. */
export function partPaths(path: string): string[] {
  const part = partOf(path);
  if (part === null) return [];
  const digits = (number: number) => String(number).padStart(5, '0');
  return Array.from(
    { length: part.count },
    (_, at) => `${part.prefix}-${digits(at + 1)}-of-${digits(part.count)}${path.slice(-'.gguf'.length)}`,
  );
}

/** Groups paths by folder, prefix and number of parts, in the order of their names. */
export function groupGgufFiles(paths: readonly string[]): GgufFileGroup[] {
  const groups = new Map<string, { path: string; number: number; count: number }[]>();
  for (const path of paths.toSorted()) {
    const part = partOf(path);
    // A slash cannot stand in a name, so that no single file's key is a split one's.
    const key = part === null ? path : `${part.prefix}/${part.count}`;
    const entry = { path, number: part?.number ?? 1, count: part?.count ?? 1 };
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  return [...groups.values()].map((entries) => {
    const ordered = entries.toSorted((a, b) => a.number - b.number);
    const partCount = Math.max(1, ordered[0]?.count ?? 1);
    const there = new Set(ordered.map(({ number }) => number));
    const wanted = Array.from({ length: partCount }, (_, at) => at + 1);
    return {
      files: ordered.map(({ path }) => path),
      partCount,
      missing: wanted.filter((number) => !there.has(number)),
    };
  });
}
