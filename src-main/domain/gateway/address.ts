import { CLOSED, onAbandoned, onAttempt, onFailure, onSuccess, type Breaker } from './circuit-breaker.ts';
import { TokenRate } from './token-rate.ts';
import type { TokenUsage } from './usage.ts';

/** How an attempt ended, as far as the server is concerned: whether it works, or nobody knows because the caller left. */
export type Verdict = 'works' | 'failed' | 'abandoned';

/** One health check. */
export interface HealthCheck {
  readonly ok: boolean;
  readonly statusCode: number | null;
  readonly latencyMs: number;
  /** Why it is not well, in words. */
  readonly problem: string | null;
}

export interface HealthPoint {
  readonly atMs: number;
  readonly ok: boolean;
  readonly latencyMs: number | null;
}

const HISTORY = 50;

/** What is known of one server address: who is with it, how it is, whether it is left alone for a while. */
export class Address {
  readonly url: string;
  readonly rate = new TokenRate();
  inFlight = 0;
  /** Rises with every choice: of two that are equally busy the one that waited longer is taken. */
  lastPicked = 0;
  breaker: Breaker = CLOSED;
  /** The last health check; null before the first. */
  check: HealthCheck | null = null;
  checkedAtMs = 0;
  lastOkMs: number | null = null;
  lastFailMs: number | null = null;
  consecutiveFails = 0;
  readonly history: HealthPoint[] = [];
  /** Ids its `/v1/models` lists. */
  models: readonly string[] = [];

  constructor(url: string) {
    this.url = url;
  }

  begin(nowMs: number, turn: number): void {
    this.inFlight += 1;
    this.lastPicked = turn;
    this.breaker = onAttempt(this.breaker, nowMs);
  }

  /** An answer begins: a trial need not wait for its end, which may be minutes away, to let others through. */
  answers(nowMs: number): void {
    if (this.breaker.isTrying) this.breaker = onSuccess(this.breaker, 'request', nowMs);
  }

  /** Once for each `begin`. */
  end(verdict: Verdict, usage: TokenUsage | null, nowMs: number): void {
    this.inFlight -= 1;
    if (usage) this.rate.add(usage, nowMs);
    if (verdict === 'works') this.breaker = onSuccess(this.breaker, 'request', nowMs);
    else if (verdict === 'failed') this.breaker = onFailure(this.breaker, 'request', nowMs);
    else this.breaker = onAbandoned(this.breaker);
  }

  noteHealth(check: HealthCheck, nowMs: number): void {
    this.check = check;
    this.checkedAtMs = nowMs;
    if (check.ok) this.lastOkMs = nowMs;
    else this.lastFailMs = nowMs;
    this.consecutiveFails = check.ok ? 0 : this.consecutiveFails + 1;
    this.breaker = check.ok ? onSuccess(this.breaker, 'health', nowMs) : onFailure(this.breaker, 'health', nowMs);
    this.history.push({ atMs: nowMs, ok: check.ok, latencyMs: check.statusCode === null ? null : check.latencyMs });
    if (this.history.length > HISTORY) this.history.shift();
  }
}
