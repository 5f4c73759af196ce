import { useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { NAVIGATION } from './navigation.ts';

interface ShortcutActions {
  readonly onPalette: () => void;
  readonly onKeyboardSheet: () => void;
  readonly onToggleRail: () => void;
}

/** Where letters have a meaning of their own: text, and lists that are searched by typing. */
const TAKES_LETTERS = 'input, textarea, select, [role="dialog"], [role="menu"], [role="listbox"], [role="combobox"]';

/** What fades out keeps the focus until it is gone, but the reader is already back on the page. */
const CLOSING = '[data-closed]';

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || target.closest(CLOSING) !== null) return false;
  return target.isContentEditable || target.closest(TAKES_LETTERS) !== null;
}

const GO_WINDOW_MS = 1_200;

/** The keys that work anywhere. */
export function useShortcuts({ onPalette, onKeyboardSheet, onToggleRail }: ShortcutActions): void {
  const navigate = useNavigate();
  useEffect(() => {
    let goPressedAt = -Infinity;
    const onKeyDown = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onPalette();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (event.timeStamp - goPressedAt < GO_WINDOW_MS) {
        goPressedAt = -Infinity;
        const destination = NAVIGATION.flat().find(({ key }) => key === event.key);
        if (destination !== undefined) void navigate({ to: destination.to });
        return;
      }
      if (event.key === 'g') goPressedAt = event.timeStamp;
      else if (event.key === '?') onKeyboardSheet();
      else if (event.key === '[') onToggleRail();
      else if (event.key === 'n') void navigate({ to: '/models/new' });
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [navigate, onPalette, onKeyboardSheet, onToggleRail]);
}
