import { stripVTControlCharacters } from 'node:util';

const LONGEST_LINE = 8192;

/** Cuts a stream of text into clean lines. A file's metadata ends up in logs: control characters are taken out. */
export class LineReader {
  #rest = '';
  readonly #secrets: readonly string[];
  readonly #onLine: (line: string) => void;

  constructor(secrets: readonly string[], onLine: (line: string) => void) {
    this.#secrets = secrets.filter((secret) => secret !== '');
    this.#onLine = onLine;
  }

  push(text: string): void {
    const parts = (this.#rest + text).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) this.#emit(part);
    // A line that never ends must not fill the memory.
    if (this.#rest.length > 4 * LONGEST_LINE) this.end();
  }

  end(): void {
    if (this.#rest !== '') this.#emit(this.#rest);
    this.#rest = '';
  }

  #emit(raw: string): void {
    let line = stripVTControlCharacters(raw)
      // oxlint-disable-next-line no-control-regex -- taking them out is the point
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
    for (const secret of this.#secrets) line = line.replaceAll(secret, '[redacted]');
    this.#onLine(line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}…` : line);
  }
}
