import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDownToLine, Download, Search } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { LogLine, Model } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { keepFeed, type FeedOptions } from '../../api/feed.ts';
import { followWhileUseful } from '../../api/visibility.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { classNames } from '../../ui/class-names.ts';
import { CopyButton } from '../../ui/copy.tsx';
import { TextInput } from '../../ui/field.tsx';
import { clockTime, count } from '../../ui/format.ts';
import { Card } from '../../ui/page.tsx';
import { ScrollRegion } from '../../ui/scroll-region.tsx';
import { Select } from '../../ui/select.tsx';
import { followsAfterScroll, KEYS_UP } from './log-follow.ts';
import { appendLines, EMPTY_LOG, filterLines, lineText, type LogLevel, type ShownLine } from './log-lines.ts';

interface Log {
  readonly lines: readonly ShownLine[];
  /** False until the first event. */
  readonly loaded: boolean;
}

function useLog(id: number): Log {
  const [buffer, setBuffer] = useState(EMPTY_LOG);
  const [loaded, setLoaded] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    // Every opening begins with the kept lines again, so the first event replaces and the rest append.
    let fresh = true;
    const feed: FeedOptions<{ lines: LogLine[] }> = {
      open: (signal) => {
        fresh = true;
        return client.models.watchLogs({ id }, { signal });
      },
      onEvent: ({ lines }) => {
        const replace = fresh;
        fresh = false;
        setBuffer((before) => appendLines(replace ? EMPTY_LOG : before, lines));
        setLoaded(true);
      },
    };
    followWhileUseful((signal) => void keepFeed(feed, signal), controller.signal);
    return () => controller.abort();
  }, [id]);
  return { lines: buffer.lines, loaded };
}

function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}

const LEVELS = [
  { value: 'debug', label: 'All levels' },
  { value: 'info', label: 'Info and up' },
  { value: 'warning', label: 'Warnings and errors' },
  { value: 'error', label: 'Errors' },
] as const;

export function ModelLogs({ model }: { readonly model: Model }) {
  const { lines, loaded } = useLog(model.id);
  const [level, setLevel] = useState<LogLevel>('debug');
  const [search, setSearch] = useState('');
  const [follow, setFollow] = useState(true);
  const shown = useMemo(() => filterLines(lines, level, search), [lines, level, search]);
  const text = () => shown.map(lineText).join('\n');
  return (
    <Card className="overflow-hidden">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <div className="relative min-w-40 flex-1">
          <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-dim" />
          <TextInput
            aria-label="Search the log"
            placeholder="Search"
            className="pl-8"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
        </div>
        <Select label="Log level" className="w-44" value={level} options={LEVELS} onChange={setLevel} />
        <span className="text-xs text-dim tabular-nums">
          {count(shown.length)} of {count(lines.length)} lines
        </span>
        <Button tone={follow ? 'plain' : 'quiet'} aria-pressed={follow} onClick={() => setFollow(!follow)}>
          <ArrowDownToLine aria-hidden />
          Follow
        </Button>
        <CopyButton text={shown.length === 0 ? '' : text()} what="log" />
        <IconButton
          label="Save the log to a file"
          disabled={shown.length === 0}
          onClick={() => saveFile(`${model.served_model_name.replaceAll('/', '-')}.log`, text())}
        >
          <Download aria-hidden />
        </IconButton>
      </div>
      {shown.length === 0 ? (
        <p className="px-4 py-16 text-center text-dim">{emptyWords(loaded, lines.length, model)}</p>
      ) : (
        <LogView lines={shown} search={search.trim()} follow={follow} onFollow={setFollow} />
      )}
    </Card>
  );
}

function emptyWords(loaded: boolean, known: number, model: Model): string {
  if (!loaded) return 'Loading the log';
  if (known > 0) return 'No line matches.';
  return model.state === 'stopped'
    ? 'Nothing yet. The log begins when the model is started.'
    : 'The engine has not written anything yet.';
}

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
}

const LINE_PX = 18;
/** A scroll to the end that was begun before the reader left it may last as long. */
const SETTLED_MS = 300;

function LogView({ lines, search, follow, onFollow }: LogViewProps) {
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
              className="absolute top-0 left-0 flex w-full gap-3 px-3 hover:bg-hover"
            >
              <span className="shrink-0 text-dim tabular-nums select-none">{clockTime(line.at / 1000)}</span>
              <span className={classNames('break-all whitespace-pre-wrap', LEVEL_CLASS[line.level])}>
                <Marked text={line.text} search={search} />
              </span>
            </div>
          );
        })}
      </div>
    </ScrollRegion>
  );
}

function Marked({ text, search }: { readonly text: string; readonly search: string }) {
  const at = search === '' ? -1 : text.toLowerCase().indexOf(search.toLowerCase());
  if (at === -1) return text;
  return (
    <>
      {text.slice(0, at)}
      <mark className="rounded-xs bg-warning/40 text-inherit">{text.slice(at, at + search.length)}</mark>
      {text.slice(at + search.length)}
    </>
  );
}
