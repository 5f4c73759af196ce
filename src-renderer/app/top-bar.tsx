import { Link } from '@tanstack/react-router';
import { Check, Copy, Globe, Search } from 'lucide-react';
import { useConnection } from '../api/connection.ts';
import { useActiveJob, useModels } from '../api/live.ts';
import { isMac } from '../api/host.ts';
import { useProgramInfo } from '../api/queries.ts';
import { openAIBase, withoutScheme } from '../parts/endpoint.ts';
import { isComing, progressWords } from '../parts/model-state.tsx';
import { useCopy } from '../ui/copy.tsx';
import { Kbd } from '../ui/page.tsx';
import { ProgressLine } from '../ui/progress.tsx';
import { StateDot } from '../ui/state.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { connectionWords } from './connection-words.ts';

export function TopBar({ onPalette }: { readonly onPalette: () => void }) {
  const info = useProgramInfo();
  return (
    <header className="flex h-11 shrink-0 items-center gap-4 border-b bg-canvas px-4">
      {info.data === undefined ? (
        <div className="skeleton h-4 w-44" />
      ) : (
        <EndpointChip url={openAIBase(info.data.endpoint.url)} reach={info.data.endpoint.reach} />
      )}
      <Happening />
      <button
        type="button"
        onClick={onPalette}
        className="ml-auto flex h-7 items-center gap-2 rounded-md border border-field-line bg-surface px-2 text-dim hover:text-ink"
      >
        <Search aria-hidden className="size-3.5" />
        <span className="pr-6 text-xs max-[1000px]:sr-only">Commands</span>
        <span aria-hidden className="flex gap-1">
          <Kbd>{isMac ? '⌘' : 'Ctrl'}</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
    </header>
  );
}

interface ChipProps {
  readonly url: string;
  readonly reach: 'this-machine' | 'network';
}

function EndpointChip({ url, reach }: ChipProps) {
  const { copied, copy } = useCopy(url);
  const state = useConnection((connection) => connection.state);
  const { tone, words } = connectionWords(state);
  const live = state.kind === 'live';
  const open = reach === 'network';
  const who = open ? 'other machines on the network reach it, with an API key' : 'reachable from this machine only';
  return (
    <Tooltip side="bottom" text={`${url}: ${live ? who : words.toLowerCase()}. Click to copy.`}>
      <button
        type="button"
        onClick={copy}
        aria-label={copied ? 'Copied' : `Copy endpoint ${withoutScheme(url)}${live ? '' : `, ${words.toLowerCase()}`}`}
        className="flex h-7 items-center gap-2 rounded-md border border-field-line bg-surface px-2 font-mono text-xs hover:bg-hover"
      >
        {open && live ? <Globe aria-hidden className="size-3.5 text-warning-text" /> : <StateDot tone={tone} />}
        <span className={live ? undefined : 'text-dim'}>{withoutScheme(url)}</span>
        {copied ? (
          <Check aria-hidden className="size-3 text-ready-text" />
        ) : (
          <Copy aria-hidden className="size-3 text-dim" />
        )}
      </button>
    </Tooltip>
  );
}

/** The one thing in progress that matters most: a model that loads, else a job. */
function Happening() {
  const models = useModels();
  const job = useActiveJob();
  const coming = models?.find(isComing);
  if (coming !== undefined) {
    const words = coming.progress === null ? 'Starting' : progressWords(coming.progress);
    return (
      <Link
        to="/models/$id"
        params={{ id: String(coming.id) }}
        className="min-w-0 max-w-[420px] rounded-sm hover:text-ink"
      >
        <span className="block truncate text-xs">
          <span className="font-medium">{coming.name}</span> <span className="text-dim tabular-nums">{words}</span>
        </span>
        <ProgressLine label={`Loading ${coming.name}`} fraction={coming.progress?.fraction ?? null} className="mt-1" />
      </Link>
    );
  }
  if (job === null) return null;
  return (
    <div className="min-w-0 max-w-[420px]">
      <span className="block truncate text-xs">
        <span className="font-medium">{job.title}</span> <span className="text-dim">{job.step}</span>
      </span>
      <ProgressLine label={job.title} fraction={job.progress} className="mt-1" />
    </div>
  );
}
