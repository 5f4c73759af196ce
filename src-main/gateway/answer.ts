import type { Dispatcher } from 'undici';
import { AppError, openAIErrorBody } from '../contract/errors.ts';
import { readEngineError } from '../domain/gateway/engine-error.ts';
import { SseTap } from '../domain/gateway/sse.ts';
import { firstTokenOfJsonText, usageOfJsonText } from '../domain/gateway/usage.ts';
import type { AnswerSink } from './answer-sink.ts';
import type { EngineAnswer } from './engine-client.ts';
import type { Meter } from './meter.ts';

/** Head and tail of an answer are enough to find its usage; what lies between may be megabytes of numbers. */
const KEPT_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
const LONGEST_ERROR = 256 * 1024;

/** A refusal to hand to the caller: ours, or the engine's own in OpenAI's shape. */
export type Refusal =
  | { readonly kind: 'app'; readonly error: AppError; readonly retryAfterS?: number }
  | { readonly kind: 'engine'; readonly status: number; readonly body: object; readonly code: string | null };

export interface AnswerOptions {
  readonly model: string;
  /** The request's parameter that holds the prompt. */
  readonly promptParam: string;
  readonly contextLength: number | null;
  readonly removeUsageChunk: boolean;
  readonly timeoutMs: number;
  readonly sink: AnswerSink;
  readonly meter: Meter;
  readonly done: () => void;
  readonly refuse: (refusal: Refusal) => void;
}

/** Carries an engine's answer to the caller byte for byte and reads along for the meter. */
export class Answer implements EngineAnswer {
  readonly #options: AnswerOptions;
  #status = 0;
  #isCut = false;
  #tap: SseTap | null = null;
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer = NOTHING;
  /** Bytes still to come of an answer that said its length; infinite for one that did not. */
  #left = Number.POSITIVE_INFINITY;

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  onStart(status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#status = status;
    if (status >= 400) return;
    const type = String(headers['content-type'] ?? 'application/json');
    const passed: Record<string, string | number> = { 'content-type': type };
    if (type.startsWith('text/event-stream')) {
      this.#tap = new SseTap(this.#options.removeUsageChunk);
      passed['cache-control'] = 'no-cache';
    } else if (typeof headers['content-length'] === 'string') {
      passed['content-length'] = headers['content-length'];
      this.#left = Number(headers['content-length']);
    }
    this.#options.sink.start(status, passed);
  }

  onData(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    if (this.#isCut) return;
    if (this.#status >= 400) {
      if (this.#headBytes < LONGEST_ERROR) this.#keep(chunk);
      return;
    }
    const { sink, meter } = this.#options;
    let flowing = true;
    if (this.#tap) {
      const step = this.#tap.push(chunk);
      if (step.sawToken) meter.sawToken();
      // With its last event an answer is whole, whether or not its reader waits for the connection's end. Before the bytes
      // go out, so that a reader who has them finds the row.
      if (this.#tap.done) this.#finishStream(this.#tap);
      for (const bytes of step.bytes) flowing = sink.write(bytes);
    } else {
      this.#keepEnds(chunk);
      this.#left -= chunk.length;
      // The last bytes and the end in one: half the work of the two apart.
      if (this.#left <= 0) sink.end(chunk);
      else flowing = sink.write(chunk);
    }
    if (!flowing) {
      controller.pause();
      sink.onDrain(() => controller.resume());
    }
  }

  onEnd(): void {
    const { sink, meter } = this.#options;
    if (this.#status >= 400) {
      this.#options.refuse(this.#engineRefusal());
      return;
    }
    if (this.#tap) {
      for (const bytes of this.#tap.end()) sink.write(bytes);
      this.#finishStream(this.#tap);
    }
    if (this.#left > 0) sink.end();
    if (!this.#tap) {
      const text = this.#text();
      meter.usage = usageOfJsonText(text);
      meter.firstTokenMs = firstTokenOfJsonText(text, meter.elapsedMs()) ?? meter.elapsedMs();
      meter.finish(this.#status, null);
    }
    this.#options.done();
  }

  onError(error: Error): void {
    const { model, timeoutMs } = this.#options;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const timedOut = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
    this.cutOff(
      timedOut
        ? new AppError('upstream_timeout', { model, timeoutMs }, { cause: error })
        : new AppError('upstream_unreachable', { model, reason: reasonOf(error) }, { cause: error }),
    );
  }

  /** Ends the answer where it is, with the reason: as a refusal before it began, as an error event within a stream. */
  cutOff(refusal: AppError): void {
    const { meter, sink } = this.#options;
    if (this.#isCut) return;
    this.#isCut = true;
    if (!sink.started) {
      this.#options.refuse({ kind: 'app', error: refusal });
      return;
    }
    // The status is long sent. A plain body is cut off, which its length shows.
    if (this.#tap) {
      this.#readTap(this.#tap);
      sink.write(Buffer.from(`data: ${JSON.stringify(openAIErrorBody(refusal))}\n\n`));
    }
    meter.finish(refusal.status, refusal.code);
    sink.end();
    this.#options.done();
  }

  /** What is known of a stream so far, for one that the caller left. */
  readPartial(): void {
    if (this.#tap) this.#readTap(this.#tap);
  }

  #finishStream(tap: SseTap): void {
    this.#readTap(tap);
    this.#options.meter.finish(tap.error ? 500 : this.#status, tap.error ? 'engine_error' : null);
  }

  #readTap(tap: SseTap): void {
    this.#options.meter.usage = tap.usage ?? {
      promptTokens: 0,
      completionTokens: tap.contentEvents,
      cachedTokens: null,
    };
  }

  #engineRefusal(): Refusal {
    const { model, contextLength, promptParam } = this.#options;
    const said = readEngineError(this.#status, Buffer.concat(this.#head).toString('utf8'));
    switch (said.kind) {
      case 'context':
        return {
          kind: 'app',
          error: new AppError('context_length_exceeded', {
            promptTokens: said.promptTokens,
            contextLength: said.contextLength ?? contextLength,
            param: promptParam,
          }),
        };
      case 'loading':
        return { kind: 'app', error: new AppError('model_loading', { model, retryAfterS: 5 }), retryAfterS: 5 };
      case 'credentials':
        return { kind: 'app', error: new AppError('upstream_unreachable', { model, reason: 'it refused our key' }) };
      default: {
        const body = { error: { message: said.message, type: said.type, code: said.code, param: said.param } };
        return { kind: 'engine', status: said.status, body, code: said.code };
      }
    }
  }

  #text(): string {
    const [only] = this.#head;
    const head = this.#head.length === 1 && only ? only : Buffer.concat(this.#head);
    return this.#tail.length === 0 ? head.toString('utf8') : `${head.toString('utf8')}\n${this.#tail.toString('utf8')}`;
  }

  #keep(chunk: Buffer): void {
    this.#head.push(chunk);
    this.#headBytes += chunk.length;
  }

  #keepEnds(chunk: Buffer): void {
    if (this.#headBytes < KEPT_BYTES) this.#keep(chunk);
    else this.#tail = Buffer.concat([this.#tail, chunk]).subarray(-KEPT_BYTES);
  }
}

function reasonOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED') return 'nothing listens on its port';
  if (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') return 'it closed the connection';
  return code ?? error.message;
}
