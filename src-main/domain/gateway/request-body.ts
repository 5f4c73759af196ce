/**
 * What the gateway changes in a request body: keys the client left out get the model's request defaults, and a stream is
 * asked for its usage chunk. Everything else stays the bytes it came in: inserting text keeps 64-bit seeds, key order and
 * number spellings as the client wrote them, where a re-serialisation would not.
 */
export interface BodyPlan {
  /** Text to insert right after the opening brace; empty when nothing is added. */
  readonly insert: string;
  /** Set when a key the client did send must change: the whole body is then written anew. */
  readonly replace: Readonly<Record<string, unknown>> | null;
  /** True when the usage chunk was our wish: it is taken out of the stream again. */
  readonly removeUsageChunk: boolean;
}

export function planBody(
  body: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): BodyPlan {
  const missing: Record<string, unknown> = {};
  const changed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(defaults)) {
    if (!Object.hasOwn(body, key)) missing[key] = value;
    else if (body[key] === null) changed[key] = value;
  }
  const wantsUsage = body['stream'] === true && !asksForUsage(body['stream_options']);
  if (wantsUsage) {
    const options = body['stream_options'];
    const asked = { ...(isObject(options) ? options : {}), include_usage: true };
    if (Object.hasOwn(body, 'stream_options')) changed['stream_options'] = asked;
    else missing['stream_options'] = asked;
  }
  if (Object.keys(changed).length > 0)
    return { insert: '', replace: { ...missing, ...body, ...changed }, removeUsageChunk: wantsUsage };
  const text = JSON.stringify(missing).slice(1, -1);
  return { insert: text === '' ? '' : `${text},`, replace: null, removeUsageChunk: wantsUsage };
}

function asksForUsage(options: unknown): boolean {
  return isObject(options) && options['include_usage'] === true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
