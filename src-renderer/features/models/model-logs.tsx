import { ArrowDownToLine, Download, WrapText } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { toast } from 'sonner';
import type { LogLine, Model } from '#contract/models.ts';
import { client } from '../../api/client.ts';
import { keepFeed, type FeedOptions } from '../../api/feed.ts';
import { followWhileUseful } from '../../api/visibility.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy.tsx';
import { count } from '../../ui/format.ts';
import { Card } from '../../ui/page.tsx';
import { saveFile } from '../../ui/save-file.ts';
import { Select } from '../../ui/select.tsx';
import { DiagnosisView } from './diagnosis.tsx';
import {
  appendLines,
  EMPTY_LOG,
  filterLines,
  lineText,
  placeOfEvidence,
  type LogLevel,
  type ShownLine,
} from './log-lines.ts';
import { LogSearch, PhaseMenu } from './log-tools.tsx';
import { LogView, type Target } from './log-view.tsx';

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
  const [wrap, setWrap] = useState(true);
  const [follow, setFollow] = useState(true);
  const [target, setTarget] = useState<Target | null>(null);
  const shown = useMemo(() => filterLines(lines, level), [lines, level]);
  const hidden = useMemo(() => {
    const inSight = new Set(shown);
    return lines.filter((line) => !inSight.has(line));
  }, [lines, shown]);
  const jump = (key: number) => {
    setFollow(false);
    setTarget((before) => ({ key, turn: (before?.turn ?? 0) + 1 }));
  };
  const showEvidence = (evidence: string) => {
    const key = placeOfEvidence(lines, evidence);
    if (key === null) toast('This line is no longer among those that are kept.');
    else {
      setLevel('debug');
      jump(key);
    }
  };
  const text = () => shown.map(lineText).join('\n');
  return (
    <div className="grid grid-cols-1 gap-3">
      {model.state === 'failed' && model.diagnosis !== null ? (
        <Card className="relative overflow-hidden px-4 py-3 before:absolute before:inset-y-0 before:left-0 before:w-[3px] before:bg-failed">
          <DiagnosisView model={model} diagnosis={model.diagnosis} onEvidence={showEvidence} />
        </Card>
      ) : null}
      <Card className="overflow-hidden">
        <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
          <LogSearch lines={shown} hidden={hidden} search={search} onSearch={setSearch} onJump={jump} />
          <Select className="w-44" label="Level" value={level} options={LEVELS} onChange={setLevel} />
          <PhaseMenu lines={shown} onJump={jump} />
          <span className="ml-auto text-xs text-dim tabular-nums">
            {shown.length === lines.length ? '' : `${count(shown.length)} of `}
            {count(lines.length)} lines
          </span>
          <IconButton
            label="Wrap long lines"
            tone={wrap ? 'plain' : 'quiet'}
            aria-pressed={wrap}
            onClick={() => setWrap(!wrap)}
          >
            <WrapText aria-hidden />
          </IconButton>
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
          <LogView
            lines={shown}
            search={search.trim()}
            follow={follow}
            onFollow={setFollow}
            wrap={wrap}
            target={target}
          />
        )}
      </Card>
    </div>
  );
}

function emptyWords(loaded: boolean, known: number, model: Model): string {
  if (!loaded) return 'Loading the log';
  if (known > 0) return `None of the ${count(known)} lines is of this level. Choose "All levels" to see them.`;
  return model.state === 'stopped'
    ? 'Nothing yet. The log begins when the model is started.'
    : 'The engine has not written anything yet.';
}
