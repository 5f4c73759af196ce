import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { classNames } from '../../ui/class-names.ts';
import { clockTime } from '../../ui/format.ts';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { followsAfterScroll, KEYS_UP } from './log-follow.ts';
import { beginsLaunch, piecesOf, type LogLevel, type ShownLine } from './log-lines.ts';

const LEVEL_CLASS: Record<LogLevel, string> = {
  error: 'text-failed-text',
  warning: 'text-warning-text',
  info: '',
  debug: 'text-dim',
};

interface LogViewProps {
  readonly lines: readonly ShownLine[];
  readonly search: string;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly wrap: boolean;
  readonly target: Target | null;
}

/** A line to bring into sight; another turn brings the same one again. */
export interface Target {
  readonly key: number;
  readonly turn: number;
}

const LINE_PX = 18;
/** A scroll to the end that was begun before the reader left it may last as long. */
const SETTLED_MS = 300;

/** The lines, of which only those in sight are drawn. */
export function LogView({ lines, search, follow, onFollow, wrap, target }: LogViewProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const topBefore = useRef(0);
  const leftAt = useRef(-Infinity);
  const leave = () => {
    leftAt.current = performance.now();
    onFollow(false);
  };
  // oxlint-disable-next-line react/incompatible-library -- the virtualizer changes in place; nothing here is memoized by a compiler
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => lines[index]?.key ?? index,
    overscan: 30,
  });
  useEffect(() => {
    if (follow) virtualizer.scrollToIndex(lines.length - 1, { align: 'end' });
  }, [follow, lines, virtualizer]);
  useEffect(() => {
    if (target === null) return;
    const index = lines.findIndex((line) => line.key === target.key);
    if (index < 0) return;
    virtualizer.scrollToIndex(index, { align: 'center' });
    scroller.current?.scrollIntoView({ block: 'nearest' });
    // The lines go on while it stays in sight; only another target moves them.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [target]);
  useEffect(() => virtualizer.measure(), [wrap, virtualizer]);
  return (
    <ScrollRegion
      ref={scroller}
      kind="log"
      label="Engine log"
      onWheel={(event) => {
        if (event.deltaY < 0) leave();
      }}
      onKeyDown={(event) => {
        if (KEYS_UP.has(event.key)) leave();
      }}
      onScroll={({ currentTarget }) => {
        const follows = followsAfterScroll(follow, topBefore.current, currentTarget);
        topBefore.current = currentTarget.scrollTop;
        if (!follows) {
          if (follow) leave();
        } else if (!follow && performance.now() - leftAt.current > SETTLED_MS) onFollow(true);
      }}
      className="h-[max(320px,calc(100vh-240px))] overflow-auto bg-sunken py-2 font-mono text-xs leading-[18px]"
    >
      <div className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <div
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              style={{ transform: `translateY(${item.start}px)` }}
              className={classNames(
                'absolute top-0 left-0 flex gap-3 px-3 hover:bg-hover',
                wrap ? 'w-full' : 'w-max min-w-full',
                beginsLaunch(line) && item.index > 0 && 'border-t border-line-strong pt-2',
                target?.key === line.key && 'bg-selected',
              )}
            >
              <span className="shrink-0 text-dim tabular-nums select-none">{clockTime(line.at / 1000)}</span>
              <span
                className={classNames(
                  wrap ? 'break-all whitespace-pre-wrap' : 'whitespace-pre',
                  LEVEL_CLASS[line.level],
                  beginsLaunch(line) && 'font-semibold',
                )}
              >
                <Marked text={line.text} search={search} />
                {line.phase === null ? null : (
                  <span className="ml-2 rounded-sm border px-1 font-sans text-[11px] text-working-text select-none">
                    {line.phase}
                  </span>
                )}
              </span>
            </div>
          );
        })}
      </div>
    </ScrollRegion>
  );
}

function Marked({ text, search }: { readonly text: string; readonly search: string }) {
  return piecesOf(text, search).map(({ at, part, found }) =>
    found ? (
      <mark key={at} className="rounded-xs bg-warning/40 text-inherit">
        {part}
      </mark>
    ) : (
      part
    ),
  );
}
