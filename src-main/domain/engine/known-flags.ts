/** The flags of one image or binary, read from itself. */
export interface KnownFlags {
  readonly version: string | null;
  /** By spelling, short forms included ("-tp", "--tensor-parallel-size"). */
  readonly flags: ReadonlyMap<string, { readonly choices: readonly string[] | null }>;
}

/** Both engines read `--api_key` and `--api-key=x` as `--api-key`; a dotted part ("--compilation-config.mode") stays. */
export function normalizeFlag(flag: string): string {
  const name = flag.split('=', 1)[0] ?? '';
  if (!name.startsWith('--')) return name;
  const [base = '', ...keys] = name.split('.');
  return [base.replaceAll('_', '-'), ...keys].join('.');
}

/** Whether an argument is a flag and not a value: "-1" is a number. */
export function isFlag(argument: string): boolean {
  return /^--?[A-Za-z]/.test(argument);
}

const SIMILAR = 0.6;

/** The known flag whose spelling is nearest to one that is not known; null when none is near. */
export function closestFlag(flag: string, known: Iterable<string>): string | null {
  const wanted = normalizeFlag(flag).toLowerCase();
  let best: { readonly flag: string; readonly score: number } | null = null;
  for (const candidate of known) {
    // A short form is near to every other one.
    if (!candidate.startsWith('--')) continue;
    const score = similarity(wanted, candidate.toLowerCase());
    if (score >= SIMILAR && (best === null || score > best.score)) best = { flag: candidate, score };
  }
  return best?.flag ?? null;
}

/** 1 for equal texts, 0 for texts without a common letter: the share that need not be edited. */
function similarity(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 1 : 1 - editDistance(a, b) / longest;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** One entry of a help text: its spellings, and the values it offers where it names them. */
type HelpEntry = readonly [spellings: readonly string[], choices: readonly string[] | null];

function flagsFrom(entries: readonly HelpEntry[], version: string | null): KnownFlags | null {
  const flags = new Map<string, { readonly choices: readonly string[] | null }>();
  for (const [spellings, choices] of entries) for (const spelling of spellings) flags.set(spelling, { choices });
  return flags.size === 0 ? null : { version, flags };
}

const SPELLING = /(?<![\w-])(--?[A-Za-z][\w.-]*)/g;

function spellingsIn(head: string): string[] {
  return [...head.matchAll(SPELLING)].map((match) => normalizeFlag(match[1] ?? ''));
}

/**
 * Reads help in two columns, as llama.cpp prints it: `-c,    --ctx-size N   size of the prompt context`. Descriptions
 * are indented; only the head of an entry begins at the margin.
 */
export function readTwoColumnHelp(text: string): KnownFlags | null {
  const entries: [string[], readonly string[] | null][] = [];
  for (const line of text.split(/\r?\n/)) {
    const last = entries.at(-1);
    if (!line.startsWith('-')) {
      const allowed = /^\s+allowed values: (.+)$/.exec(line)?.[1];
      if (allowed !== undefined && last !== undefined) last[1] = allowed.split(/,\s*/);
      continue;
    }
    const head = line.split(/\s{2,}(?![\s-])/, 1)[0] ?? '';
    const spellings = spellingsIn(head);
    if (spellings.length > 0) entries.push([spellings, offeredIn(head)]);
  }
  return flagsFrom(entries, null);
}

/** `{none,layer,row}` or `[on|off|auto]` behind the spellings. */
function offeredIn(head: string): readonly string[] | null {
  const offered = /(?:\{([\w.+-]+(?:,[\w.+-]+)+)\}|\[([\w.+-]+(?:\|[\w.+-]+)+)\])\s*$/.exec(head);
  return offered?.[1]?.split(',') ?? offered?.[2]?.split('|') ?? null;
}

/**
 * Reads help as Python's argparse prints it: an entry is indented by two, its description by more, and choices stand in
 * braces: `  --dtype {auto,half}`, `  --enable-lora, --no-enable-lora`.
 */
export function readArgparseHelp(text: string): KnownFlags | null {
  const entries: HelpEntry[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (!/^ {1,4}-/.test(line)) continue;
    const head = line.trim().split(/\s{2,}/, 1)[0] ?? '';
    const choices = /\{([^{}]+)\}/.exec(head)?.[1] ?? null;
    const spellings = spellingsIn(head.replaceAll(/\{[^{}]*\}/g, ''));
    if (spellings.length > 0) entries.push([spellings, choices?.split(',') ?? null]);
  }
  return flagsFrom(entries, null);
}

/** What marks the line that the parser dump of an image prints: imports write lines of their own around it. */
export const FLAG_DUMP_MARK = 'ENGINE_FLAGS ';

/** Reads the dump of an argument parser: `{"version": ..., "actions": [{"flags": [...], "choices": [...] | null}]}`. */
export function readFlagDump(text: string): KnownFlags | null {
  const line = text.split(/\r?\n/).findLast((candidate) => candidate.startsWith(FLAG_DUMP_MARK));
  if (line === undefined) return null;
  const dump = parseJson(line.slice(FLAG_DUMP_MARK.length));
  if (!isRecord(dump) || !Array.isArray(dump['actions'])) return null;
  const entries = dump['actions'].flatMap((action: unknown): HelpEntry[] => {
    if (!isRecord(action)) return [];
    const spellings = texts(action['flags']);
    return spellings === null ? [] : [[spellings.map(normalizeFlag), texts(action['choices'])]];
  });
  return flagsFrom(entries, typeof dump['version'] === 'string' ? dump['version'] : null);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function texts(value: unknown): readonly string[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : null;
}
