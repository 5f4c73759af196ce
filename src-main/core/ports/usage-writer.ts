import type { UsageRecord } from '../store/usage.ts';

/** Puts usage rows into the database without holding up the thread that serves requests. */
export interface UsageWriter extends AsyncDisposable {
  /** Resolves once all of them are stored; rejects when none is. */
  write(records: readonly UsageRecord[]): Promise<void>;
}
