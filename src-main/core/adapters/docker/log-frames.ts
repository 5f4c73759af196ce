import { StringDecoder } from 'node:string_decoder';

export type OutputName = 'stdout' | 'stderr';

const HEADER_BYTES = 8;
/** Docker cuts what it logs into 16 KiB; anything near this is no frame. */
const LARGEST_FRAME = 64 * 1024 * 1024;

/**
 * Takes Docker's two output streams apart again (Docker Engine API, "Stream format": one byte for the stream, three
 * zeros, four bytes of length, big-endian). Chunks may split a frame anywhere.
 */
export class FrameReader {
  #waiting: Buffer = Buffer.alloc(0);
  readonly #onFrame: (output: OutputName, payload: Buffer) => void;

  constructor(onFrame: (output: OutputName, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Throws when the bytes are no frames. */
  push(chunk: Buffer): void {
    let bytes = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
    while (bytes.length >= HEADER_BYTES) {
      const size = bytes.readUInt32BE(4);
      if ((bytes[0] ?? 9) > 2 || size > LARGEST_FRAME) throw new Error('the log stream is not framed');
      if (bytes.length < HEADER_BYTES + size) break;
      this.#onFrame(bytes[0] === 2 ? 'stderr' : 'stdout', bytes.subarray(HEADER_BYTES, HEADER_BYTES + size));
      bytes = bytes.subarray(HEADER_BYTES + size);
    }
    // A copy: a small rest must not hold the whole chunk.
    this.#waiting = Buffer.from(bytes);
  }
}

/** A line that never ends must not fill the memory. */
const LONGEST_REST = 64 * 1024;

/**
 * Text as a terminal would show it once a line is complete: a progress bar draws itself over and over, each time after a
 * carriage return, and only the last drawing stays.
 */
export class FinishedLines {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Buffer): void {
    const parts = (this.#rest + this.#decoder.write(bytes)).split('\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) this.#onLine(lastDrawing(part));
    if (this.#rest.length > LONGEST_REST) this.#shorten();
  }

  end(): void {
    const rest = lastDrawing(this.#rest + this.#decoder.end());
    this.#rest = '';
    if (rest !== '') this.#onLine(rest);
  }

  #shorten(): void {
    const rest = this.#rest;
    const drawing = lastDrawing(rest);
    if (drawing.length < rest.length) this.#rest = drawing;
    if (this.#rest.length <= LONGEST_REST) return;
    this.#rest = '';
    this.#onLine(drawing);
  }
}

function lastDrawing(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}

/**
 * The drawings of progress bars while their line is not finished. Docker's log has a line only when it is complete, so
 * the hours-long load of a model would show nothing; the attached stream has every byte at once.
 */
export class ProgressDrawings {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onDrawing: (drawing: string) => void;
  #rest = '';

  constructor(onDrawing: (drawing: string) => void) {
    this.#onDrawing = onDrawing;
  }

  push(bytes: Buffer): void {
    const line = this.#rest + this.#decoder.write(bytes);
    const unfinished = line.slice(line.lastIndexOf('\n') + 1);
    const from = unfinished.lastIndexOf('\r');
    const drawing = unfinished.slice(from + 1);
    // Bars write a drawing at once: what stands after a carriage return is a whole one.
    if (from >= 0 && drawing.trim() !== '') this.#onDrawing(drawing);
    this.#rest = unfinished.length > LONGEST_REST ? '' : unfinished.slice(Math.max(0, from));
  }
}
