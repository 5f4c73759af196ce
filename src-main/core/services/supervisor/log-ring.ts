import type { LogLine } from '../../../contract/models.ts';
import { Feed } from '../feed.ts';

const MOST_LINES = 5000;
const MOST_CHARACTERS = 2_000_000;
/** Lines that come together are shown together. */
const BATCH_MS = 50;

export interface LineBatch {
  readonly lines: LogLine[];
}

/** The last lines of a model's launches, in memory, and everybody who watches them. */
export class LogRing implements Disposable {
  #lines: LogLine[] = [];
  #characters = 0;
  #next = 0;
  #waiting: LogLine[] = [];
  #timer: NodeJS.Timeout | null = null;
  readonly #feed = new Feed<LineBatch>((waiting, batch) => [
    { lines: [...waiting.flatMap((earlier) => earlier.lines), ...batch.lines].slice(-MOST_LINES) },
  ]);

  /** A new launch begins: lines count from 0 again; those of earlier launches stay readable. */
  begin(at: number, text: string): void {
    this.#next = 0;
    this.add(at, 'info', text);
  }

  add(at: number, level: LogLine['level'], text: string, phase: string | null = null): void {
    const line: LogLine = { n: this.#next, at, level, phase, text };
    this.#next += 1;
    this.#lines.push(line);
    this.#characters += text.length;
    // A batch at a time: dropping the first of an array costs as much as dropping many.
    if (this.#lines.length > MOST_LINES * 1.1 || this.#characters > MOST_CHARACTERS * 1.1) this.#trim();
    if (!this.#feed.watched) return;
    this.#waiting.push(line);
    this.#timer ??= setTimeout(() => this.#publish(), BATCH_MS);
  }

  #trim(): void {
    let from = Math.max(0, this.#lines.length - MOST_LINES);
    let characters = 0;
    for (const line of this.#lines.slice(from)) characters += line.text.length;
    while (characters > MOST_CHARACTERS && from < this.#lines.length - 1) {
      characters -= this.#lines[from]?.text.length ?? 0;
      from += 1;
    }
    this.#lines = this.#lines.slice(from);
    this.#characters = characters;
  }

  #publish(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const lines = this.#waiting;
    this.#waiting = [];
    if (lines.length > 0) this.#feed.publish({ lines });
  }

  /** All that is kept. */
  lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** What the latest launch said, without the line that began it. */
  linesOfLaunch(): string[] {
    const begin = this.#lines.findLastIndex((line) => line.n === 0);
    return this.#lines.slice(begin + 1).map((line) => line.text);
  }

  /** The kept lines at once, then what comes. */
  async *watch(earlier: readonly LogLine[], signal: AbortSignal): AsyncGenerator<LineBatch, void, void> {
    // What still waits goes to those who watch already; to a new one it comes with the kept lines.
    this.#publish();
    yield* this.#feed.watch(() => [{ lines: [...earlier, ...this.#lines] }], signal);
  }

  [Symbol.dispose](): void {
    this.#publish();
  }
}
