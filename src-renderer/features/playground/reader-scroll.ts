import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';

/** Within this of the end the reader is reading along. */
const NEAR_END_PX = 48;

interface ReaderScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  /** The reader has scrolled up and text is being added below. */
  readonly away: boolean;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
}

/** Follows new text while the reader is at the end, and leaves them alone once they scroll up. */
export function useReaderScroll(): ReaderScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const [away, setAway] = useState(false);
  const onScroll = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    setAway(!following.current);
  }, []);
  const toEnd = useCallback(() => {
    following.current = true;
    setAway(false);
    const element = scroller.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, []);
  useEffect(() => {
    if (content.current === null) return;
    // Text grows by more than what is streamed: code that is highlighted, a table that is laid out.
    const observer = new ResizeObserver(() => {
      if (following.current) toEnd();
    });
    observer.observe(content.current);
    return () => observer.disconnect();
  }, [toEnd]);
  return { scroller, content, away, onScroll, toEnd };
}
