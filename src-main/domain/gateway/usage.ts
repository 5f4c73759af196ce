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

/**
 * The `usage` object of a JSON answer without parsing the rest of it: an embeddings answer is megabytes of numbers. In a
 * JSON text an unescaped `"usage":` cannot stand inside a string, so the last one found is a key.
 */
export function usageOfJsonText(text: string): TokenUsage | null {
  for (let at = text.lastIndexOf('"usage"'); at >= 0; at = at === 0 ? -1 : text.lastIndexOf('"usage"', at - 1)) {
    const open = /^"usage"\s*:\s*\{/.exec(text.slice(at, at + 40));
    if (!open) continue;
    const object = objectAt(text, at + open[0].length - 1);
    const usage = object === null ? null : parseUsage(object);
    if (usage) return usage;
  }
  return null;
}

const LONGEST_USAGE = 4096;

/** The JSON object that begins at `start`, by its braces; null when it is not one of a usage object's size. */
function objectAt(text: string, start: number): unknown {
  let depth = 0;
  const end = Math.min(text.length, start + LONGEST_USAGE);
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
