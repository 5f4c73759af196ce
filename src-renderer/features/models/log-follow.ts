/** Where a scrolled part stands, in pixels. */
export interface ScrollPlace {
  readonly scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
}

/** Within this of the end the reader counts as being there. */
const END_PX = 20;

/**
 * Whether the log follows its end after a scroll from `topBefore`, however it came about. Going up from the end stops
 * it, coming down to the end begins it. Being moved up by the browser, because the log became shorter, ends at the end.
 */
export function followsAfterScroll(follow: boolean, topBefore: number, now: ScrollPlace): boolean {
  const atEnd = now.scrollHeight - now.scrollTop - now.clientHeight < END_PX;
  if (now.scrollTop < topBefore) return follow && atEnd;
  return follow || atEnd;
}

/** Keys that scroll up. They count as they are pressed: the scroll is animated, and a new line would undo its first step. */
export const KEYS_UP: ReadonlySet<string> = new Set(['PageUp', 'ArrowUp', 'Home']);
