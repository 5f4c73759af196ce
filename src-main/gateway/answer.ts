import type { Dispatcher } from 'undici';
import { AppError, openAIErrorBody } from '../contract/errors.ts';
import type { Verdict } from '../domain/gateway/address.ts';
import { readEngineError } from '../domain/gateway/engine-error.ts';
import { networkProblem } from '../domain/gateway/network-problem.ts';
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
  | {
      readonly kind: 'engine';
      readonly status: number;
      readonly body: object;
      readonly code: string | null;
      readonly retryAfterS?: number;
    };

/** How one server's try at a request ended. */
export interface Outcome {
  readonly verdict: Verdict;
  /** What the caller is to be told; null when the answer went out, or nobody is left to tell. */
  readonly refusal: Refusal | null;
  /** Nothing of an answer came, or the server sent the request away: another one may be asked. Never after a time-out. */
  readonly mayTryAnother: boolean;
}

const WORKED: Outcome = { verdict: 'works', refusal: null, mayTryAnother: false };
const CUT: Outcome = { verdict: 'failed', refusal: null, mayTryAnother: false };
export const ABANDONED: Outcome = { verdict: 'abandoned', refusal: null, mayTryAnother: false };

const NOT_WELL: ReadonlySet<number> = new Set([502, 503, 504]);
const TOO_MANY_REQUESTS = 429;

export interface AnswerOptions {
  readonly model: string;
  /** The request's parameter that holds the prompt. */
  readonly promptParam: string;
  readonly contextLength: number | null;
  readonly removeUsageChunk: boolean;
  readonly timeoutMs: number;
  /** A server of others, not an engine of ours. */
  readonly isForeign: boolean;
  readonly sink: AnswerSink;
  readonly meter: Meter;
  /** Called when an answer begins that is none of the server's refusals. */
  readonly answering: () => void;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
}

/** Carries an engine's answer to the caller byte for byte and reads along for the meter. */
export class Answer implements EngineAnswer {
  readonly #options: AnswerOptions;
  #status = 0;
  #isRefusal = false;
  #retryAfterS: number | null = null;
  #isSettled = false;
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
    this.#isRefusal = status >= 300;
    if (this.#isRefusal) {
      const { 'retry-after': retryAfter } = headers;
      if (typeof retryAfter === 'string' && /^\d{1,6}$/.test(retryAfter)) this.#retryAfterS = Number(retryAfter);
      return;
    }
    this.#options.answering();
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
    if (this.#isSettled) return;
    if (this.#isRefusal) {
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
    if (this.#isSettled) return;
    const { sink, meter } = this.#options;
    if (this.#isRefusal) {
      this.#refuse(this.#engineRefusal());
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
    this.#settle(WORKED);
  }

  onError(error: Error): void {
    if (this.#isSettled) return;
    const { model, timeoutMs, isForeign, sink } = this.#options;
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const timedOut = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
    const reason = timedOut
      ? new AppError('upstream_timeout', { model, timeoutMs }, { cause: error })
      : new AppError(
          'upstream_unreachable',
          { model, reason: reasonOf(error), ...(isForeign ? { isForeign } : {}) },
          { cause: error },
        );
    if (sink.started) {
      this.#cutStream(reason);
      this.#settle(CUT);
    } else if (this.#isRefusal) {
      this.#refuse({ kind: 'app', error: reason });
    } else {
      this.#settle({ verdict: 'failed', refusal: { kind: 'app', error: reason }, mayTryAnother: !timedOut });
    }
  }

  /** Ends the answer where it is, with the program's own reason: as a refusal before it began, as an error event within a stream. */
  cutOff(reason: AppError): void {
    if (this.#isSettled) return;
    if (this.#options.sink.started) this.#cutStream(reason);
    const refusal: Refusal | null = this.#options.sink.started ? null : { kind: 'app', error: reason };
    this.#settle({ ...ABANDONED, refusal });
  }

  /** The caller left. What is known of a stream so far is kept. */
  leave(): void {
    if (this.#isSettled) return;
    if (this.#tap) this.#readTap(this.#tap);
    this.#options.meter.clientClosed();
    this.#settle(ABANDONED);
  }

  #settle(outcome: Outcome): void {
    this.#isSettled = true;
    this.#options.settle(outcome);
  }

  #refuse(refusal: Refusal): void {
    const isDown = NOT_WELL.has(this.#status);
    this.#settle({
      verdict: isDown ? 'failed' : 'works',
      refusal,
      mayTryAnother: this.#options.isForeign && (isDown || this.#status === TOO_MANY_REQUESTS),
    });
  }

  /** The status is long sent: a stream ends with an error event; a plain body is cut off, which its length shows. */
  #cutStream(reason: AppError): void {
    const { meter, sink } = this.#options;
    if (this.#tap) {
      this.#readTap(this.#tap);
      sink.write(Buffer.from(`data: ${JSON.stringify(openAIErrorBody(reason))}\n\n`));
    }
    meter.finish(reason.status, reason.code);
    sink.end();
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
    const { model, contextLength, promptParam, isForeign } = this.#options;
    const unusable = (reason: string): Refusal => ({
      kind: 'app',
      error: new AppError('upstream_unreachable', { model, reason, ...(isForeign ? { isForeign } : {}) }),
    });
    if (this.#status < 400) return unusable('it answered with a redirect, which is not followed');
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
        return unusable('it refused our key');
      default: {
        const body = { error: { message: said.message, type: said.type, code: said.code, param: said.param } };
        const refusal = { kind: 'engine', status: said.status, body, code: said.code } as const;
        return this.#retryAfterS === null ? refusal : { ...refusal, retryAfterS: this.#retryAfterS };
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
  return networkProblem((error as NodeJS.ErrnoException).code, error.message);
}
