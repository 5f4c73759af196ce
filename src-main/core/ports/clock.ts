/** Epoch milliseconds; tests hand in one that stands still. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
