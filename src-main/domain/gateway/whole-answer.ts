/** A chat answer that came whole. */
export type WholeAnswer =
  /** As the one chunk of a stream that says the same. */
  | { readonly kind: 'chunk'; readonly chunk: Record<string, unknown> }
  /** The server's own words. */
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'unreadable' };

/** Reads the answer of a server that was asked for a stream and gives plain JSON all the same. */
export function readWholeAnswer(text: string): WholeAnswer {
  const answer = objectOf(parsed(text));
  const { choices } = answer;
  if (Array.isArray(choices) && choices.length > 0) {
    const deltas = choices.map((choice: unknown) => {
      const { message, ...rest } = objectOf(choice);
      return { ...rest, delta: objectOf(message) };
    });
    return { kind: 'chunk', chunk: { ...answer, object: 'chat.completion.chunk', choices: deltas } };
  }
  const message = typeof answer['error'] === 'string' ? answer['error'] : objectOf(answer['error'])['message'];
  return typeof message === 'string' && message !== '' ? { kind: 'error', message } : { kind: 'unreadable' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
