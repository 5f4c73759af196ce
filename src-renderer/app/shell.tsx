import { Outlet } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { Toaster } from 'sonner';
import { useConnection } from '../api/connection.ts';
import { useTheme } from '../parts/theme.ts';
import { classNames } from '../ui/class-names.ts';
import { clockTime } from '../ui/format.ts';
import { EngineNeed } from './engine-need.tsx';
import { KeyboardSheet } from './keyboard-sheet.tsx';
import { Palette } from './palette.tsx';
import { useRail } from './rail-width.ts';
import { Rail } from './rail.tsx';
import { useRouteFocus } from './route-focus.ts';
import { useShortcuts } from './shortcuts.ts';
import { TopBar } from './top-bar.tsx';

/** How long a reconnection may take before the page says that it is old. */
const STALE_AFTER_MS = 1_500;

function useStaleSince(): number | null {
  const state = useConnection((connection) => connection.state);
  const [due, setDue] = useState<number | null>(null);
  const since = state.kind === 'lost' ? state.since : null;
  useEffect(() => {
    if (since === null) return;
    const timer = setTimeout(() => setDue(since), STALE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [since]);
  return since === due ? since : null;
}

export function Shell() {
  const { collapsed, toggle: toggleRail } = useRail();
  const [palette, setPalette] = useState(false);
  const [sheet, setSheet] = useState(false);
  const theme = useTheme((state) => state.theme);
  const staleSince = useStaleSince();
  const onPalette = useCallback(() => setPalette(true), []);
  const onKeyboardSheet = useCallback(() => setSheet(true), []);
  useRouteFocus();
  useShortcuts({ onPalette, onKeyboardSheet, onToggleRail: toggleRail });
  return (
    <div className="flex h-full min-w-[860px]">
      <a
        href="#content"
        onClick={(event) => {
          // The hash is the route: jump by focus instead.
          event.preventDefault();
          document.querySelector<HTMLElement>('#content')?.focus();
        }}
        className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2 focus:shadow-float"
      >
        Skip to the content
      </a>
      <Rail collapsed={collapsed} onToggle={toggleRail} />
      <div className="flex min-w-0 flex-1 flex-col">
        <TopBar onPalette={onPalette} />
        {staleSince === null ? null : (
          <output className="block border-b border-warning/40 bg-warning/10 px-6 py-1.5 text-warning-text">
            Connection to the program lost; reconnecting. What is shown was true at {clockTime(staleSince)}.
          </output>
        )}
        <main
          id="content"
          tabIndex={-1}
          className={classNames(
            'min-h-0 flex-1 overflow-y-auto outline-none transition-opacity',
            staleSince !== null && 'opacity-60',
          )}
        >
          <Outlet />
        </main>
      </div>
      <Palette open={palette} onOpenChange={setPalette} onKeyboardSheet={onKeyboardSheet} />
      <KeyboardSheet open={sheet} onOpenChange={setSheet} />
      <EngineNeed />
      <Toaster
        theme={theme}
        position="bottom-right"
        toastOptions={{
          classNames: {
            toast: '!bg-raised !text-ink !border-line !shadow-float !rounded-lg !font-sans !text-[13px]',
            description: '!text-dim',
            actionButton: '!bg-accent-solid !text-accent-ink !h-7 !rounded-md',
          },
        }}
      />
    </div>
  );
}
