import type { LogLine } from '#contract/models.ts';

export type LogLevel = LogLine['level'];

/** A line with a number of its own, which stays while older lines fall out. */
export interface ShownLine extends LogLine {
  readonly key: number;
}

export interface LogBuffer {
  readonly lines: readonly ShownLine[];
  readonly nextKey: number;
}

export const EMPTY_LOG: LogBuffer = { lines: [], nextKey: 0 };

/** Lines the window keeps; the program's own ring and file hold the rest. */
const KEPT_LINES = 20_000;

export function appendLines(buffer: LogBuffer, lines: readonly LogLine[]): LogBuffer {
  const added = lines.map((line, index) => ({ ...line, key: buffer.nextKey + index }));
  return { lines: [...buffer.lines, ...added].slice(-KEPT_LINES), nextKey: buffer.nextKey + lines.length };
}

const SEVERITY: Record<LogLevel, number> = { error: 0, warning: 1, info: 2, debug: 3 };

/** Lines at least as severe as `level`; the one that begins a launch stays, so that it is seen where one ends. */
export function filterLines(lines: readonly ShownLine[], level: LogLevel): readonly ShownLine[] {
  return lines.filter((line) => SEVERITY[line.level] <= SEVERITY[level] || beginsLaunch(line));
}

export const beginsLaunch = (line: LogLine): boolean => line.n === 0;

/** Places among the lines that hold `search`, whatever its case. */
export function matchesIn(lines: readonly ShownLine[], search: string): readonly number[] {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return [];
  return lines.flatMap((line, index) => (line.text.toLowerCase().includes(wanted) ? [index] : []));
}

interface Piece {
  readonly at: number;
  readonly part: string;
  readonly found: boolean;
}

/** A line taken apart at every place that holds `search`, whatever its case. */
export function piecesOf(text: string, search: string): readonly Piece[] {
  if (search === '') return [{ at: 0, part: text, found: false }];
  const literal = search.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const pieces: Piece[] = [];
  let end = 0;
  for (const { index, 0: part } of text.matchAll(new RegExp(literal, 'gi'))) {
    if (index > end) pieces.push({ at: end, part: text.slice(end, index), found: false });
    pieces.push({ at: index, part, found: true });
    end = index + part.length;
  }
  if (end < text.length) pieces.push({ at: end, part: text.slice(end), found: false });
  return pieces;
}

/** The match after, or before, a place among the matches; it goes round at the ends. */
export function stepMatch(count: number, current: number | null, step: 1 | -1): number | null {
  if (count === 0) return null;
  if (current === null) return step === 1 ? 0 : count - 1;
  return (current + step + count) % count;
}

export interface PhaseMark {
  readonly phase: string;
  /** Of the line it begins with. */
  readonly key: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** The phases of the last launch, in their order. */
export function phasesOf(lines: readonly ShownLine[]): readonly PhaseMark[] {
  const begin = Math.max(0, lines.findLastIndex(beginsLaunch));
  return lines
    .slice(begin)
    .flatMap((line) => (line.phase === null ? [] : [{ phase: line.phase, key: line.key, at: line.at }]));
}

/** The last line that is, or holds, a line of a diagnosis' evidence; null where it has fallen out. */
export function placeOfEvidence(lines: readonly ShownLine[], evidence: string): number | null {
  const wanted = evidence.trim();
  const found = lines.findLast(
    (line) =>
      wanted !== '' &&
      (line.text.includes(wanted) || (wanted.includes(line.text.trim()) && line.text.trim().length > 12)),
  );
  return found?.key ?? null;
}

/** One line as it is copied and saved: time, level, text. */
export function lineText(line: LogLine): string {
  return `${new Date(line.at).toISOString()} ${line.level.padEnd(7)} ${line.text}`;
}
