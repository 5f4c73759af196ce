/** What the window itself saw of an answer: when its text came, and in how many pieces. Times in ms of one clock. */
export interface Stopwatch {
  readonly startedAt: number;
  readonly firstAt: number | null;
  readonly lastAt: number;
  readonly pieces: number;
}

/** Measurements of an answer; null for what nobody measured. */
export interface AnswerFigures {
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number;
  readonly ttft_ms: number | null;
  readonly latency_ms: number;
  readonly tokens_per_second: number | null;
  /** The answer ended early, so the window counted for itself: a piece of text for a token. */
  readonly soFar: boolean;
}

export function startWatch(at: number): Stopwatch {
  return { startedAt: at, firstAt: null, lastAt: at, pieces: 0 };
}

/** After one more piece of text or reasoning. */
export function sawPiece(watch: Stopwatch, at: number): Stopwatch {
  return { ...watch, firstAt: watch.firstAt ?? at, lastAt: at, pieces: watch.pieces + 1 };
}

/** The figures of an answer that ended at `at` without the gateway's own; null when nothing of it came. */
export function figuresSoFar({ startedAt, firstAt, lastAt, pieces }: Stopwatch, at: number): AnswerFigures | null {
  if (firstAt === null) return null;
  const generatingMs = lastAt - firstAt;
  return {
    prompt_tokens: null,
    completion_tokens: pieces,
    ttft_ms: firstAt - startedAt,
    latency_ms: at - startedAt,
    // n pieces span n - 1 gaps, as the gateway counts tokens.
    tokens_per_second: pieces > 1 && generatingMs > 0 ? ((pieces - 1) / generatingMs) * 1000 : null,
    soFar: true,
  };
}
