const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * A request's bytes with another model name; everything else stays as the client wrote it. Every `model` key of the
 * outermost object is changed: parsers differ in which of two they take. @param body a JSON object, parsed before.
 */
export function renameModel(body: Uint8Array, name: string): Uint8Array {
  const replacement = new TextEncoder().encode(JSON.stringify(name));
  const spans = modelSpans(body);
  const renamed = new Uint8Array(
    spans.reduce((size, { from, to }) => size - (to - from) + replacement.length, body.length),
  );
  let read = 0;
  let written = 0;
  for (const { from, to } of spans) {
    renamed.set(body.subarray(read, from), written);
    written += from - read;
    renamed.set(replacement, written);
    written += replacement.length;
    read = to;
  }
  renamed.set(body.subarray(read), written);
  return renamed;
}

/** Where the values of the outermost `model` keys stand, quotes included. UTF-8 bytes above 127 are never JSON's own. */
function modelSpans(body: Uint8Array): Span[] {
  const spans: Span[] = [];
  let depth = 0;
  let isModel = false;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    if (byte !== QUOTE) continue;
    const end = stringEnd(body, at);
    if (depth === 1) {
      const isKey = isFollowedByColon(body, end);
      if (!isKey && isModel) spans.push({ from: at, to: end });
      isModel = isKey && isModelKey(body.subarray(at, end));
    }
    at = end - 1;
  }
  return spans;
}

/** The index just behind the closing quote of the string that begins at `from`. */
function stringEnd(body: Uint8Array, from: number): number {
  for (let at = from + 1; at < body.length; at += 1) {
    if (body[at] === BACKSLASH) at += 1;
    else if (body[at] === QUOTE) return at + 1;
  }
  return body.length;
}

function isFollowedByColon(body: Uint8Array, from: number): boolean {
  for (let at = from; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if (byte !== 32 && byte !== 9 && byte !== 10 && byte !== 13) return byte === COLON;
  }
  return false;
}

/** Longest spelling of "model": every letter as an escape. */
const LONGEST_KEY = 2 + 5 * 6;

function isModelKey(literal: Uint8Array): boolean {
  return literal.length <= LONGEST_KEY && JSON.parse(new TextDecoder().decode(literal)) === 'model';
}
