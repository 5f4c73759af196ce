import type { ServerResponse } from 'node:http';

/** Where an answer goes: an HTTP response, or the playground's own stream. One pipeline serves both. */
export interface AnswerSink {
  readonly started: boolean;
  start(status: number, headers: Record<string, string | number>): void;
  /** False when the reader is behind: `onDrain` says when to go on. */
  write(chunk: Uint8Array): boolean;
  onDrain(resume: () => void): void;
  end(): void;
  /** Called once when the reader goes away before the end. */
  onGone(gone: () => void): void;
}

export class HttpSink implements AnswerSink {
  readonly #res: ServerResponse;

  constructor(res: ServerResponse) {
    this.#res = res;
  }

  get started(): boolean {
    return this.#res.headersSent;
  }

  start(status: number, headers: Record<string, string | number>): void {
    this.#res.writeHead(status, headers);
  }

  write(chunk: Uint8Array): boolean {
    return this.#res.write(chunk);
  }

  onDrain(resume: () => void): void {
    this.#res.once('drain', resume);
  }

  end(): void {
    this.#res.end();
  }

  onGone(gone: () => void): void {
    this.#res.once('close', () => {
      if (!this.#res.writableFinished) gone();
    });
  }
}
