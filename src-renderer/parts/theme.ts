import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'cortex.theme';
const prefersDark = () => window.matchMedia('(prefers-color-scheme: dark)');

function storedTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function apply(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && prefersDark().matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}

/** The chosen theme; `public/theme.js` applies the stored one before the first paint. */
export const useTheme = create<{ readonly theme: Theme }>(() => ({ theme: storedTheme() }));

export function setTheme(theme: Theme): void {
  localStorage.setItem(KEY, theme);
  useTheme.setState({ theme });
  apply(theme);
}

/** Takes `theme` where this window has stored none of its own. */
export function adoptTheme(theme: Theme): void {
  if (localStorage.getItem(KEY) !== null) return;
  useTheme.setState({ theme });
  apply(theme);
}

/** Follows the system's choice until `signal` aborts. */
export function followSystemTheme(signal: AbortSignal): void {
  prefersDark().addEventListener('change', () => apply(useTheme.getState().theme), { signal });
}
