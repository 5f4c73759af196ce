import { AppError } from '../contract/errors.ts';
import type { PlaygroundEvent, PlaygroundRequest } from '../contract/playground.ts';
import type { Actor } from '../core/ports/actor.ts';
import type { Usage } from '../core/services/usage/usage.ts';
import { readWholeAnswer, type WholeAnswer } from '../domain/gateway/whole-answer.ts';
import type { Refusal } from './answer.ts';
import type { AnswerSink } from './answer-sink.ts';
import type { Inference } from './inference.ts';
import { Meter } from './meter.ts';

/** Chunks that may wait for the window before the engine is asked to pause. */
const MOST_WAITING = 256;
/** Of an answer that is no stream; no chat is longer. */
const LONGEST_WHOLE = 8 * 1024 * 1024;

/** The playground's end of the pipeline: an answer as a stream of events in place of an HTTP response. */
class EventSink implements AnswerSink {
  started = false;
  ended = false;
  readonly waiting: PlaygroundEvent[] = [];
  /** Why an answer that came whole cannot be shown. */
  problem: Exclude<WholeAnswer, { kind: 'chunk' }> | null = null;
  readonly #decoder = new TextDecoder();
  #text = '';
  /** All of an answer that is no stream; null for one that is. */
  #whole: string | null = null;
  #wake: () => void = () => undefined;
  #resume: () => void = () => undefined;
  #gone: () => void = () => undefined;

  start(_status: number, headers: Record<string, string | number>): void {
    this.started = true;
    if (!String(headers['content-type']).startsWith('text/event-stream')) this.#whole = '';
  }

  write(chunk: Uint8Array): boolean {
    const text = this.#decoder.decode(chunk, { stream: true });
    if (this.#whole !== null && this.#whole.length < LONGEST_WHOLE) this.#whole += text;
    this.#text += text;
    const events = this.#text.split(/\r?\n\r?\n/);
    this.#text = events.pop() ?? '';
    for (const event of events) {
      const chunk = chunkOf(event);
      if (!chunk) continue;
      // Events they are, whatever type the server gives them.
      this.#whole = null;
      this.waiting.push({ type: 'chunk', chunk });
    }
    this.#wake();
    return this.waiting.length < MOST_WAITING;
  }

  onDrain(resume: () => void): void {
    this.#resume = resume;
  }

  end(last?: Uint8Array): void {
    if (last) this.write(last);
    if (!this.ended && this.#whole !== null) this.#readWhole(this.#whole);
    this.ended = true;
    this.#wake();
  }

  #readWhole(text: string): void {
    const answer = readWholeAnswer(text);
    if (answer.kind === 'chunk') this.waiting.push({ type: 'chunk', chunk: answer.chunk });
    else this.problem = answer;
  }

  onGone(gone: () => void): void {
    this.#gone = gone;
  }

  leave(): void {
    if (!this.ended) this.#gone();
    this.end();
  }

  /** Resolves when there is something to read or nothing more will come. */
  async more(): Promise<void> {
    this.#resume();
    this.#resume = () => undefined;
    if (this.waiting.length > 0 || this.ended) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** The JSON object of an event; null for `[DONE]`, a comment, and what another server says beside the protocol. */
function chunkOf(event: string): Record<string, unknown> | null {
  const data = event
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line.startsWith('data: ') ? 6 : 5))
    .join('\n');
  if (!data.startsWith('{')) return null;
  try {
    return JSON.parse(data) as Record<string, unknown>;
  } catch {
    return null;
  }
}

/** Chats through the same metered pipeline as every client, as the owner and without a key. */
export function createPlayground(inference: Inference, ledger: Usage) {
  return async function* chat(
    request: PlaygroundRequest,
    actor: Actor,
    requestId: string,
    signal: AbortSignal,
  ): AsyncGenerator<PlaygroundEvent, void, void> {
    const json = { ...request, stream: true };
    const meter = new Meter(ledger, 'chat', requestId);
    meter.actor = actor;
    const sink = new EventSink();
    const failures: unknown[] = [];
    const onAbort = () => sink.leave();
    signal.addEventListener('abort', onAbort);
    const fail = (error: unknown) => {
      failures.push(error);
      sink.end();
    };
    const call = {
      endpoint: 'chat',
      requestId,
      via: undefined,
      json,
      bytes: Buffer.from(JSON.stringify(json)),
    } as const;
    const running = inference
      .run(call, meter, sink, (refusal) => fail(refusalError(refusal)))
      .catch((error: unknown) => {
        meter.finish(
          error instanceof AppError ? error.status : 500,
          error instanceof AppError ? error.code : 'internal_error',
        );
        fail(error);
      });
    try {
      while (!signal.aborted) {
        yield* sink.waiting.splice(0);
        if (sink.ended && sink.waiting.length === 0) break;
        await sink.more();
      }
      if (failures.length > 0) throw failures[0];
      if (!signal.aborted) {
        await running;
        if (sink.problem) throw problemError(sink.problem, meter);
        yield measurements(meter);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      sink.leave();
    }
  };
}

function measurements(meter: Meter): PlaygroundEvent {
  const completion = meter.usage?.completionTokens ?? 0;
  const generatingMs = meter.firstTokenMs === null ? 0 : meter.latencyMs - meter.firstTokenMs;
  return {
    type: 'done',
    prompt_tokens: meter.usage?.promptTokens ?? 0,
    completion_tokens: completion,
    ttft_ms: meter.firstTokenMs,
    latency_ms: meter.latencyMs,
    // The first token is where the clock starts: n tokens span n - 1 gaps.
    tokens_per_second: completion > 1 && generatingMs > 0 ? ((completion - 1) / generatingMs) * 1000 : null,
  };
}

function problemError(problem: NonNullable<EventSink['problem']>, meter: Meter): AppError {
  if (problem.kind === 'error') return new AppError('engine_refused', { status: 400, reason: problem.message });
  return new AppError('upstream_unreachable', {
    model: meter.modelName ?? '',
    reason: 'its answer is not a whole chat completion; check the address',
    isForeign: meter.upstream !== null,
  });
}

function refusalError(refusal: Refusal): AppError {
  if (refusal.kind === 'app') return refusal.error;
  const { message } = (refusal.body as { error: { message: string } }).error;
  return new AppError('engine_refused', { status: refusal.status, reason: message });
}
