import type { ServerResponse } from 'node:http';

/** Where an answer goes: an HTTP response, or the playground's own stream. One pipeline serves both. */
export interface AnswerSink {
  readonly started: boolean;
  start(status: number, headers: Record<string, string | number>): void;
  /** False when the reader is behind: `onDrain` says when to go on. */
  write(chunk: Uint8Array): boolean;
  onDrain(resume: () => void): void;
  /** With the last bytes, where they are known to be the last. */
  end(last?: Uint8Array): void;
  /** Called once when the reader goes away before the end. */
  onGone(gone: () => void): void;
}

export class HttpSink implements AnswerSink {
  readonly #res: ServerResponse;
  readonly #requestId: string;

  constructor(res: ServerResponse, requestId: string) {
    this.#res = res;
    this.#requestId = requestId;
  }

  get started(): boolean {
    return this.#res.headersSent;
  }

  start(status: number, headers: Record<string, string | number>): void {
    // No `setHeader` before this: one object in `writeHead` is node's fast path.
    headers['x-request-id'] = this.#requestId;
    this.#res.writeHead(status, headers);
  }

  write(chunk: Uint8Array): boolean {
    return this.#res.write(chunk);
  }

  onDrain(resume: () => void): void {
    this.#res.once('drain', resume);
  }

  end(last?: Uint8Array): void {
    this.#res.end(last);
  }

  onGone(gone: () => void): void {
    this.#res.once('close', () => {
      if (!this.#res.writableFinished) gone();
    });
  }
}
