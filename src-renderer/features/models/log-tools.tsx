import { ChevronDown, ChevronUp, Milestone } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Button, IconButton } from '../../ui/button.tsx';
import { clockTime, count } from '../../ui/format.ts';
import { Menu } from '../../ui/menu.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { matchesIn, phasesOf, stepMatch, type ShownLine } from './log-lines.ts';

interface SearchProps {
  readonly lines: readonly ShownLine[];
  /** Lines that the level leaves out. */
  readonly hidden: readonly ShownLine[];
  readonly search: string;
  readonly onSearch: (text: string) => void;
  /** Brings the line with this key into sight. */
  readonly onJump: (key: number) => void;
}

/** Finds a text: how often it is there, and the way from one place to the next. Enter goes on, with Shift back. */
export function LogSearch({ lines, hidden, search, onSearch, onJump }: SearchProps) {
  const matches = useMemo(() => matchesIn(lines, search), [lines, search]);
  const elsewhere = useMemo(() => matchesIn(hidden, search).length, [hidden, search]);
  const [current, setCurrent] = useState<number | null>(null);
  const go = (step: 1 | -1) => {
    const next = stepMatch(matches.length, current, step);
    const line = next === null ? undefined : lines[matches[next] ?? -1];
    setCurrent(next);
    if (line !== undefined) onJump(line.key);
  };
  const place = current === null ? '' : `${count(Math.min(current + 1, matches.length))} of `;
  return (
    <div className="flex min-w-60 flex-1 items-center gap-1">
      <SearchField
        label="Search the log"
        placeholder="Search"
        className="flex-1"
        value={search}
        onChange={(text) => {
          onSearch(text);
          setCurrent(null);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          go(event.shiftKey ? -1 : 1);
        }}
      />
      {search.trim() === '' ? null : (
        <>
          <output className="px-1 text-xs whitespace-nowrap text-dim tabular-nums">
            {matches.length === 0 ? noMatchWords(elsewhere) : `${place}${count(matches.length)}`}
          </output>
          <IconButton label="Previous match" disabled={matches.length === 0} onClick={() => go(-1)}>
            <ChevronUp aria-hidden />
          </IconButton>
          <IconButton label="Next match" disabled={matches.length === 0} onClick={() => go(1)}>
            <ChevronDown aria-hidden />
          </IconButton>
        </>
      )}
    </div>
  );
}

/** A level that is chosen may hide what is looked for. */
function noMatchWords(elsewhere: number): string {
  return elsewhere === 0 ? 'no match' : `no match, ${count(elsewhere)} on other levels`;
}

interface PhaseProps {
  readonly lines: readonly ShownLine[];
  readonly onJump: (key: number) => void;
}

/** The phases of the last launch, each a place to go to. */
export function PhaseMenu({ lines, onJump }: PhaseProps) {
  const phases = useMemo(() => phasesOf(lines), [lines]);
  if (phases.length === 0) return null;
  return (
    <Menu
      trigger={
        <Button>
          <Milestone aria-hidden />
          Phases
        </Button>
      }
      actions={phases.map(({ phase, key, at }) => ({
        label: `${clockTime(at / 1000)}  ${phase}`,
        onSelect: () => onJump(key),
      }))}
    />
  );
}
