import { Dialog } from '@base-ui/react/dialog';
import { useNavigate } from '@tanstack/react-router';
import {
  BookMarked,
  KeyRound,
  Keyboard,
  MonitorCog,
  Moon,
  Play,
  Plus,
  Square,
  Stethoscope,
  Sun,
  type LucideIcon,
} from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useModels } from '../api/live.ts';
import { useStartModel, useStopModel } from '../parts/model-actions.ts';
import { isUp } from '../parts/model-state.tsx';
import { useChooseTheme } from '../parts/settings.ts';
import { classNames } from '../ui/class-names.ts';
import { matchScore } from './match.ts';
import { NAVIGATION } from './navigation.ts';

interface Command {
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly icon: LucideIcon;
  readonly run: () => void;
}

function useCommands(onKeyboardSheet: () => void): readonly Command[] {
  const navigate = useNavigate();
  const models = useModels();
  const { mutate: start } = useStartModel();
  const { mutate: stop } = useStopModel();
  const chooseTheme = useChooseTheme();
  return useMemo(() => {
    const screens = NAVIGATION.flat().map(({ to, label, icon }): Command => {
      return { id: to, label: `Go to ${label}`, icon, run: () => void navigate({ to }) };
    });
    // One that is archived is out of the way until it is taken back.
    const atHand = (models ?? []).filter((model) => !model.archived || isUp(model));
    const power = atHand.map((model): Command => {
      const up = isUp(model);
      return {
        id: `power-${model.id}`,
        label: `${up ? 'Stop' : 'Start'} ${model.name}`,
        hint: model.served_model_name,
        icon: up ? Square : Play,
        run: () => (up ? stop(model) : start(model)),
      };
    });
    const rest: Command[] = [
      { id: 'recipes', label: 'Go to Recipes', icon: BookMarked, run: () => void navigate({ to: '/recipes' }) },
      { id: 'add', label: 'Add model', icon: Plus, run: () => void navigate({ to: '/models/new' }) },
      {
        id: 'key',
        label: 'Create key',
        icon: KeyRound,
        run: () => void navigate({ to: '/keys', search: { create: true } }),
      },
      {
        id: 'check',
        label: 'Run the first-run check',
        icon: Stethoscope,
        run: () => void navigate({ to: '/welcome' }),
      },
      { id: 'light', label: 'Theme: light', icon: Sun, run: () => chooseTheme('light') },
      { id: 'dark', label: 'Theme: dark', icon: Moon, run: () => chooseTheme('dark') },
      { id: 'system', label: 'Theme: as the system', icon: MonitorCog, run: () => chooseTheme('system') },
      { id: 'keys', label: 'Keyboard shortcuts', hint: '?', icon: Keyboard, run: onKeyboardSheet },
    ];
    return [...screens, ...power, ...rest];
  }, [models, navigate, start, stop, chooseTheme, onKeyboardSheet]);
}

interface PaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onKeyboardSheet: () => void;
}

export function Palette({ open, onOpenChange, onKeyboardSheet }: PaletteProps) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup className="floats fixed top-[12vh] left-1/2 z-40 w-[min(560px,calc(100vw-32px))] -translate-x-1/2 overflow-hidden rounded-lg bg-raised shadow-float">
          <Dialog.Title className="sr-only">Command palette</Dialog.Title>
          <PaletteBody onDone={() => onOpenChange(false)} onKeyboardSheet={onKeyboardSheet} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteBody({
  onDone,
  onKeyboardSheet,
}: {
  readonly onDone: () => void;
  readonly onKeyboardSheet: () => void;
}) {
  const commands = useCommands(onKeyboardSheet);
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const listId = useId();
  const list = useRef<HTMLUListElement>(null);
  const found = useMemo(
    () =>
      commands
        .map((command) => ({ command, score: matchScore(query, `${command.label} ${command.hint ?? ''}`) }))
        .filter(({ score }) => score > 0)
        .sort((left, right) => right.score - left.score)
        .map(({ command }) => command),
    [commands, query],
  );
  const index = Math.min(chosen, found.length - 1);
  useEffect(() => {
    list.current?.children[index]?.scrollIntoView({ block: 'nearest' });
  }, [index]);
  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    onDone();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setChosen((index + step + found.length) % Math.max(1, found.length));
    } else if (event.key === 'Enter') run(found[index]);
  };
  return (
    <>
      <input
        role="combobox"
        aria-label="Search commands"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={found[index] === undefined ? undefined : `${listId}-${index}`}
        className="h-11 w-full border-b bg-transparent px-4 text-lg outline-none"
        placeholder="Go to, start, stop, create"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      {/* The listbox of an ARIA combobox: the focus and every key stay with the text field above, and HTML has no tag for it. */}
      {/* oxlint-disable jsx-a11y/prefer-tag-over-role, jsx-a11y/no-noninteractive-element-to-interactive-role, jsx-a11y/click-events-have-key-events */}
      <ul ref={list} id={listId} role="listbox" aria-label="Commands" className="max-h-[50vh] overflow-y-auto p-1.5">
        {found.map((command, position) => (
          <li
            key={command.id}
            id={`${listId}-${position}`}
            role="option"
            aria-selected={position === index}
            className={classNames(
              'flex h-9 cursor-pointer items-center gap-3 rounded-md px-2.5',
              position === index && 'bg-selected',
            )}
            onMouseMove={() => setChosen(position)}
            onClick={() => run(command)}
          >
            <command.icon aria-hidden className="size-4 shrink-0 text-dim" strokeWidth={1.75} />
            {/* Whole as long as it fits beside the icon and the gaps; the name gives way to what the row does. */}
            <span className="max-w-[calc(100%-40px)] shrink-0 truncate">{command.label}</span>
            {command.hint === undefined ? null : (
              <span className="ml-auto min-w-0 truncate font-mono text-xs text-dim">{command.hint}</span>
            )}
          </li>
        ))}
        {found.length === 0 ? <li className="px-2.5 py-3 text-dim">Nothing matches "{query}".</li> : null}
      </ul>
    </>
  );
}
