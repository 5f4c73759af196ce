import { setTimeout as sleep } from 'node:timers/promises';

/** Epoch milliseconds; tests hand in one that stands still. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Resolves after a while, and at once when the signal ends. Never rejects: whoever waits looks at the signal himself. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
