import type { LoadProgress } from '../../../contract/models.ts';

export interface LoadSigns {
  readonly stage: LoadProgress['stage'];
  readonly phase: string;
  /** 0 to 1, of the log alone. */
  readonly phaseFraction: number | null;
  readonly elapsedMs: number;
  /** How long such a load took before. */
  readonly expectedMs: number | null;
  readonly residentBytes: number | null;
  readonly weightBytes: number;
}

/** An estimate never says "done" before the engine does. */
const MOST_ESTIMATED = 0.95;
/** Beneath this the engine's own memory is more than what it has read of the file. */
const SMALLEST_MEASURED_BYTES = 500_000_000;
/** Before this share a rate says little. */
const LEAST_FOR_RATE = 0.05;

/** How far a load is, by the best sign there is. */
export function loadProgress(signs: LoadSigns): LoadProgress {
  const { stage, phase, phaseFraction, elapsedMs, expectedMs, residentBytes, weightBytes } = signs;
  if (expectedMs !== null) {
    // Past its usual time nothing is known; no number is better than a wrong one.
    const leftMs = expectedMs - elapsedMs;
    const eta_seconds = leftMs > 0 ? Math.ceil(leftMs / 1000) : null;
    return { stage, phase, fraction: estimate(elapsedMs / Math.max(1, expectedMs)), eta_seconds };
  }
  if (residentBytes === null || weightBytes < SMALLEST_MEASURED_BYTES) {
    return { stage, phase, fraction: phaseFraction, eta_seconds: null };
  }
  const fraction = estimate(residentBytes / weightBytes);
  const knowsRate = fraction > LEAST_FOR_RATE && fraction < MOST_ESTIMATED;
  const leftS = (elapsedMs * (1 - fraction)) / fraction / 1000;
  return { stage, phase, fraction, eta_seconds: knowsRate ? Math.ceil(leftS) : null };
}

function estimate(share: number): number {
  return Math.max(0, Math.min(MOST_ESTIMATED, share));
}
