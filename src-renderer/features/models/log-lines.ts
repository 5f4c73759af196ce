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

/** Lines at least as severe as `level` that hold `search`, whatever its case. */
export function filterLines(lines: readonly ShownLine[], level: LogLevel, search: string): readonly ShownLine[] {
  const wanted = search.trim().toLowerCase();
  return lines.filter(
    (line) => SEVERITY[line.level] <= SEVERITY[level] && (wanted === '' || line.text.toLowerCase().includes(wanted)),
  );
}

/** One line as it is copied and saved: time, level, text. */
export function lineText(line: LogLine): string {
  return `${new Date(line.at).toISOString()} ${line.level.padEnd(7)} ${line.text}`;
}
