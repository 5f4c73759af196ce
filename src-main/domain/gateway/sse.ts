import { parseUsage, type TokenUsage } from './usage.ts';

/** What one look at a stream's bytes found. `bytes` are to be passed on now. */
export interface SseStep {
  readonly bytes: readonly Uint8Array[];
  /** True from the step in which the first generated token came by. */
  readonly sawToken: boolean;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const LONGEST_EVENT = 4 * 1024 * 1024;

/**
 * Reads along an event stream without re-encoding it: counts generated chunks, notes when the first token passes, and
 * picks up the usage. With `removeUsageChunk` the one event that only carries usage (`choices: []`), which the client
 * never asked for, is left out; all other bytes pass in the chunks they came in, except that an event cut by a chunk
 * border waits for its end, since only then can it be told apart.
 */
export class SseTap {
  usage: TokenUsage | null = null;
  /** Events that carried generated content: the tokens of an answer that was cut off before its usage came. */
  contentEvents = 0;
  /** True once the stream's last event, `[DONE]`, came by. */
  done = false;
  /** The engine's error object, when it failed in the middle of a stream. */
  error: Record<string, unknown> | null = null;
  readonly #removeUsageChunk: boolean;
  readonly #decoder = new TextDecoder();
  #held: Uint8Array = new Uint8Array(0);

  constructor(removeUsageChunk: boolean) {
    this.#removeUsageChunk = removeUsageChunk;
  }

  push(chunk: Uint8Array): SseStep {
    const buffer = this.#held.length === 0 ? chunk : concat(this.#held, chunk);
    const passed: Uint8Array[] = [];
    let from = 0;
    let passFrom = 0;
    for (let end = eventEnd(buffer, from); end > 0; end = eventEnd(buffer, from)) {
      const isOwnUsageChunk = this.#read(buffer.subarray(from, end));
      if (isOwnUsageChunk && this.#removeUsageChunk) {
        if (from > passFrom) passed.push(buffer.subarray(passFrom, from));
        passFrom = end;
      }
      from = end;
    }
    if (this.#removeUsageChunk) {
      if (from > passFrom) passed.push(buffer.subarray(passFrom, from));
    } else {
      passed.push(chunk);
    }
    this.#held = buffer.length - from > LONGEST_EVENT ? new Uint8Array(0) : buffer.slice(from);
    return { bytes: passed, sawToken: this.contentEvents > 0 };
  }

  /** What is left when the stream ended without its last blank line. */
  end(): readonly Uint8Array[] {
    const rest = this.#held;
    this.#held = new Uint8Array(0);
    if (rest.length === 0) return [];
    const isOwnUsageChunk = this.#read(rest);
    return this.#removeUsageChunk && !isOwnUsageChunk ? [rest] : [];
  }

  /** Notes what an event says; true when it carries usage and no choice. */
  #read(event: Uint8Array): boolean {
    const text = this.#decoder.decode(event);
    const data = dataOf(text);
    if (data === '[DONE]') this.done = true;
    if (data === null || this.done) return false;
    const mayCarryUsage = data.includes('"usage"') && !data.includes('"usage":null');
    const mayBeError = data.startsWith('{"error"') || text.startsWith('error');
    if (!mayCarryUsage && !mayBeError) {
      if (CONTENT.test(data)) this.contentEvents += 1;
      return false;
    }
    return this.#readParsed(data);
  }

  #readParsed(data: string): boolean {
    let parsed: unknown;
    try {
      parsed = JSON.parse(data);
    } catch {
      return false;
    }
    if (typeof parsed !== 'object' || parsed === null) return false;
    const object = parsed as Record<string, unknown>;
    if (typeof object['error'] === 'object' && object['error'] !== null)
      this.error = object['error'] as Record<string, unknown>;
    const usage = parseUsage(object['usage']);
    if (usage) this.usage = usage;
    const choices = object['choices'];
    const bare = Array.isArray(choices) && choices.length === 0;
    if (!bare && CONTENT.test(data)) this.contentEvents += 1;
    return usage !== null && bare;
  }
}

/** Generated text, reasoning or tool call in a chat or completion chunk; an opening chunk has `"content":null` or "". */
const CONTENT = /"(?:content|reasoning_content|reasoning|text|arguments)"\s*:\s*"(?!")|"tool_calls"\s*:\s*\[\{/;

/** The joined `data:` lines of an event; null when it has none (a comment, say). */
function dataOf(event: string): string | null {
  if (event.startsWith('data: ') && event.indexOf('\n') >= event.trimEnd().length) return event.slice(6).trimEnd();
  const lines = event
    .split(/\r?\n|\r/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(line.startsWith('data: ') ? 6 : 5));
  return lines.length === 0 ? null : lines.join('\n');
}

/** The index just behind the blank line that ends the event beginning at `from`; 0 when it has not come yet. */
function eventEnd(buffer: Uint8Array, from: number): number {
  for (let at = buffer.indexOf(LINE_FEED, from); at >= 0; at = buffer.indexOf(LINE_FEED, at + 1)) {
    const next = buffer[at + 1];
    if (next === LINE_FEED) return at + 2;
    if (next === CARRIAGE_RETURN && buffer[at + 2] === LINE_FEED) return at + 3;
  }
  return 0;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
