/**
 * A server that keeps failing is left alone for a while: five failures in a row open the breaker for half a minute, then
 * one single request or health check tries again. Fed by both; kept a server address, so that every served name that
 * leads to it learns of it.
 */
export interface Breaker {
  readonly state: 'closed' | 'open' | 'half_open';
  readonly consecutiveFails: number;
  /** Epoch ms; until then an open breaker lets nothing through. */
  readonly openUntilMs: number;
  /** Half open: the one trial is under way. */
  readonly isTrying: boolean;
  /** What noticed the last failure. */
  readonly failedBy: BreakerSource | null;
}

/** A health check proves that a server listens, a request that it works. */
export type BreakerSource = 'health' | 'request';

export const FAILS_TO_OPEN = 5;
export const OPEN_MS = 30_000;

export const CLOSED: Breaker = {
  state: 'closed',
  consecutiveFails: 0,
  openUntilMs: 0,
  isTrying: false,
  failedBy: null,
};

/** Whether a request may go through now. */
export function admits(breaker: Breaker, nowMs: number): boolean {
  switch (breaker.state) {
    case 'closed':
      return true;
    case 'open':
      return nowMs >= breaker.openUntilMs;
    case 'half_open':
      return !breaker.isTrying;
  }
}

/** A request that was admitted goes out: after the rest it is the one trial. */
export function onAttempt(breaker: Breaker, nowMs: number): Breaker {
  if (breaker.state === 'closed' || !admits(breaker, nowMs)) return breaker;
  return { ...breaker, state: 'half_open', isTrying: true };
}

/**
 * A server that answers health checks while its requests fail must not be kept in use by the checks: they forgive at once
 * only what checks found, and otherwise wait for the rest to end.
 */
export function onSuccess(breaker: Breaker, source: BreakerSource, nowMs: number): Breaker {
  if (breaker === CLOSED || source === 'request' || breaker.failedBy === 'health') return CLOSED;
  return breaker.state !== 'closed' && admits(breaker, nowMs) ? CLOSED : breaker;
}

export function onFailure(breaker: Breaker, source: BreakerSource, nowMs: number): Breaker {
  const consecutiveFails = breaker.consecutiveFails + 1;
  // An answer that was under way when the breaker opened adds nothing to the rest.
  if (breaker.state === 'open' && nowMs < breaker.openUntilMs) return { ...breaker, consecutiveFails };
  if (breaker.state === 'closed' && consecutiveFails < FAILS_TO_OPEN) {
    return { ...breaker, consecutiveFails, failedBy: source };
  }
  return { state: 'open', consecutiveFails, openUntilMs: nowMs + OPEN_MS, isTrying: false, failedBy: source };
}

/** A request ended without a verdict, because its caller left: the next one may try. */
export function onAbandoned(breaker: Breaker): Breaker {
  return breaker.isTrying ? { ...breaker, isTrying: false } : breaker;
}

/** The state as a person should see it: an open breaker whose rest is over lets a trial through. */
export function shownState(breaker: Breaker, nowMs: number): Breaker['state'] {
  return breaker.state === 'open' && nowMs >= breaker.openUntilMs ? 'half_open' : breaker.state;
}

export function cooldownMs(breaker: Breaker, nowMs: number): number {
  return breaker.state === 'open' ? Math.max(0, breaker.openUntilMs - nowMs) : 0;
}
