import { Agent, type Dispatcher } from 'undici';

export interface EngineRequest {
  readonly origin: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly requestId: string;
  /** The gateways it came through, for a server that may be one too; null for an engine of ours. */
  readonly via: string | null;
  readonly accept: string;
  readonly body: Buffer;
  /** How long the engine may take to begin its answer, and to pause within it. */
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

/** What comes back, as it comes. `pause` and `resume` of the controller carry the client's back-pressure to the engine. */
export interface EngineAnswer {
  onStart(
    status: number,
    headers: Record<string, string | string[] | undefined>,
    controller: Dispatcher.DispatchController,
  ): void;
  onData(chunk: Buffer, controller: Dispatcher.DispatchController): void;
  onEnd(): void;
  onError(error: Error): void;
}

/** Codes of a kept-alive connection that the engine closed just as it was used again. */
const STALE_CONNECTION = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const STALE_WITHIN_MS = 100;

/**
 * Kept-alive connections to the engines, spoken to with undici's `dispatch`: no streams in between. The headers of a
 * request are all ours: nothing of the caller's goes along but what stands in `EngineRequest`. Redirects are not followed.
 */
export class EngineClient implements AsyncDisposable {
  readonly #agent = new Agent({
    connections: 512,
    pipelining: 1,
    keepAliveTimeout: 4_000,
    connect: { timeout: 5_000 },
  });

  /** Returns a function that ends the call; the engine then frees its slot. */
  send(request: EngineRequest, answer: EngineAnswer): () => void {
    let controller: Dispatcher.DispatchController | null = null;
    let aborted = false;
    let started = false;
    let retried = false;
    const sentAt = performance.now();
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(current) {
        controller = current;
        if (aborted) current.abort(new Error('aborted'));
      },
      onResponseStart(current, status, headers) {
        started = true;
        answer.onStart(status, headers, current);
      },
      onResponseData(current, chunk) {
        answer.onData(chunk, current);
      },
      onResponseEnd() {
        answer.onEnd();
      },
      onResponseError: (_current, error) => {
        const code = (error as NodeJS.ErrnoException).code ?? '';
        if (
          !started &&
          !retried &&
          !aborted &&
          STALE_CONNECTION.has(code) &&
          performance.now() - sentAt < STALE_WITHIN_MS
        ) {
          retried = true;
          this.#dispatch(request, handler);
          return;
        }
        answer.onError(error);
      },
    };
    this.#dispatch(request, handler);
    return () => {
      aborted = true;
      controller?.abort(new Error('aborted'));
    };
  }

  #dispatch(request: EngineRequest, handler: Dispatcher.DispatchHandler): void {
    // Flat name and value pairs: what undici would make of an object.
    const headers = ['content-type', 'application/json', 'accept', request.accept, 'x-request-id', request.requestId];
    if (request.authorization !== null) headers.push('authorization', request.authorization);
    if (request.via !== null) headers.push('via', request.via);
    this.#agent.dispatch(
      {
        origin: request.origin,
        path: request.path,
        method: 'POST',
        headers,
        body: request.body,
        headersTimeout: request.headersTimeoutMs,
        bodyTimeout: request.bodyTimeoutMs,
      },
      handler,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}
