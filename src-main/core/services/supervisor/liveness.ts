import { pause } from '../../ports/clock.ts';

const EVERY_MS = 5000;
const ANSWER_MS = 10_000;
/** One answer may be lost; two in a row are a sign. */
const MISSED = 2;

/**
 * Asks a running engine again and again whether it still answers, until the signal ends: one that hangs, or whose container
 * is paused, has a process that lives. `onChange` gets the time since when it does not answer, and null once it does again.
 */
export async function watchLiveness(
  origin: string,
  now: () => number,
  onChange: (silentSince: number | null) => void,
  signal: AbortSignal,
  everyMs = EVERY_MS,
  answerMs = ANSWER_MS,
): Promise<void> {
  let missed = 0;
  let firstMissAt = 0;
  while (!signal.aborted) {
    await pause(everyMs, signal);
    if (signal.aborted) return;
    const askedAt = now();
    const answers = await isAlive(origin, AbortSignal.any([signal, AbortSignal.timeout(answerMs)]));
    if (signal.aborted) return;
    if (answers) {
      if (missed >= MISSED) onChange(null);
      missed = 0;
    } else {
      if (missed === 0) firstMissAt = askedAt;
      missed += 1;
      if (missed === MISSED) onChange(firstMissAt);
    }
  }
}

/** Any answer is one: an engine that is busy says so. */
async function isAlive(origin: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(`${origin}/health`, { redirect: 'error', signal });
    await answer.body?.cancel();
    return true;
  } catch {
    return false;
  }
}
