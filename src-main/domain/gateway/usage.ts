/** Tokens of one answer as the engine counted them. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly cachedTokens: number | null;
}

/** Reads OpenAI's `usage` object; null when it is none. */
export function parseUsage(value: unknown): TokenUsage | null {
  if (typeof value !== 'object' || value === null) return null;
  const usage = value as Record<string, unknown>;
  const prompt = count(usage['prompt_tokens']);
  if (prompt === null) return null;
  const details = usage['prompt_tokens_details'];
  const cached =
    typeof details === 'object' && details !== null
      ? count((details as Record<string, unknown>)['cached_tokens'])
      : null;
  return { promptTokens: prompt, completionTokens: count(usage['completion_tokens']) ?? 0, cachedTokens: cached };
}

function count(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The usage of a whole JSON answer, or of its head and tail. */
export function usageOfJsonText(text: string): TokenUsage | null {
  return parseUsage(lastObjectOf(text, 'usage'));
}

/**
 * When the first token of an answer that was not streamed was there, in milliseconds after the request came in:
 * llama-server's `timings` say how long generating took, all before that is waiting and reading the prompt. Null for an
 * engine that says nothing of the kind.
 */
export function firstTokenOfJsonText(text: string, latencyMs: number): number | null {
  const timings = lastObjectOf(text, 'timings') as Record<string, unknown> | null;
  const predictedMs = timings?.['predicted_ms'];
  const predicted = timings?.['predicted_n'];
  if (typeof predictedMs !== 'number' || typeof predicted !== 'number' || predicted < 1) return null;
  return Math.max(0, latencyMs - predictedMs + predictedMs / predicted);
}

/**
 * The last object under `key` in a JSON text, without parsing the rest of it: an embeddings answer is megabytes of
 * numbers. In a JSON text an unescaped `"usage":` cannot stand inside a string, so what is found is a key.
 */
function lastObjectOf(text: string, key: string): unknown {
  const name = `"${key}"`;
  for (let at = text.lastIndexOf(name); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(name, at - 1)) {
    const open = /^\s*:\s*\{/.exec(text.slice(at + name.length, at + name.length + 40));
    if (!open) continue;
    const object = objectAt(text, at + name.length + open[0].length - 1);
    if (object !== null) return object;
  }
  return null;
}

const LONGEST_OBJECT = 4096;

/** The JSON object that begins at `start`, by its braces; null when it is not one of a sensible size. */
function objectAt(text: string, start: number): unknown {
  let depth = 0;
  const end = Math.min(text.length, start + LONGEST_OBJECT);
  for (let at = start; at < end; at += 1) {
    const char = text[at];
    if (char === '{') depth += 1;
    if (char === '}') {
      depth -= 1;
      if (depth === 0) {
        try {
          return JSON.parse(text.slice(start, at + 1)) as unknown;
        } catch {
          return null;
        }
      }
    }
  }
  return null;
}
