import type { FieldValues } from '../../../domain/engine/field-table.ts';

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** How often an engine is started again in a row where the configuration does not say. */
export const DEFAULT_RESTART_LIMIT = 5;
/** An engine that ran this long was sound: what ends it now is another trouble, counted from the first again. */
const SOUND_MS = 600_000;

/** Ends that somebody wanted, from outside. */
const WANTED = new Set(['terminated', 'container_removed']);

export interface FallenEngine {
  readonly fields: FieldValues;
  /** Whether it ever was ready: a start that fails is explained, not repeated. */
  readonly wasReady: boolean;
  /** The diagnosis' code. */
  readonly code: string;
  readonly ranMs: number;
  /** Restarts in a row before this end. */
  readonly restarts: number;
}

/** How long to wait before it is started again, and which restart that is; null where it stays down. */
export function nextRestart(fallen: FallenEngine): { readonly waitMs: number; readonly restarts: number } | null {
  if (fallen.fields['restart_policy'] !== 'on_failure' || !fallen.wasReady || WANTED.has(fallen.code)) return null;
  const limit = fallen.fields['restart_limit'];
  const before = fallen.ranMs >= SOUND_MS ? 0 : fallen.restarts;
  if (before >= (typeof limit === 'number' ? limit : DEFAULT_RESTART_LIMIT)) return null;
  return { waitMs: Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** before), restarts: before + 1 };
}
