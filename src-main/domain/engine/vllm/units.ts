const FACTORS: Readonly<Record<string, number>> = {
  k: 1e3,
  K: 2 ** 10,
  m: 1e6,
  M: 2 ** 20,
  g: 1e9,
  G: 2 ** 30,
};

/** "32k" is 32,000 and "32K" 32,768, as vLLM reads it (its human_readable_int); anything else stays as it is. */
export function humanInteger(raw: unknown): unknown {
  const match = typeof raw === 'string' ? /^\s*(\d+(?:\.\d+)?)\s*([kKmMgG])\s*$/.exec(raw) : null;
  if (match?.[1] === undefined || match[2] === undefined) return raw;
  return Math.round(Number(match[1]) * (FACTORS[match[2]] ?? 1));
}
