import { mkdirSync } from 'node:fs';
import { appendFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const FLUSH_MS = 200;

/** A log file that is written in batches and kept small: `name`, `name.1`, `name.2`. Faults of the disk never reach the caller. */
export class RotatingFile implements AsyncDisposable {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #kept: number;
  #waiting = '';
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #bytes: number | null = null;

  constructor(path: string, maxBytes = 5_000_000, kept = 3) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#kept = kept;
    mkdirSync(dirname(path), { recursive: true });
  }

  write(line: string): void {
    this.#waiting += `${line}\n`;
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const text = this.#waiting;
    this.#waiting = '';
    // A full disk loses log lines; the engine goes on, and the lines are still in memory.
    if (text !== '') this.#writing = this.#writing.then(() => this.#append(text)).catch(() => undefined);
  }

  async #append(text: string): Promise<void> {
    this.#bytes ??= await stat(this.#path).then(
      (facts) => facts.size,
      () => 0,
    );
    if (this.#bytes > 0 && this.#bytes + text.length > this.#maxBytes) await this.#rotate();
    await appendFile(this.#path, text, { mode: 0o600 });
    this.#bytes = (this.#bytes ?? 0) + Buffer.byteLength(text);
  }

  async #rotate(): Promise<void> {
    for (let index = this.#kept - 1; index >= 1; index -= 1) {
      const from = index === 1 ? this.#path : `${this.#path}.${index - 1}`;
      await rename(from, `${this.#path}.${index}`).catch(() => undefined);
    }
    this.#bytes = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    await this.#writing;
  }
}
