import { useCallback, useEffect, useState } from 'react';

const KEY = 'cortex.rail';
/** Below this width, in px, the open rail would take room that the screens need. */
const ROOMY = '(min-width: 1100px)';

interface RailWidth {
  readonly collapsed: boolean;
  readonly toggle: () => void;
}

function storedChoice(): 'open' | 'closed' | null {
  const stored = localStorage.getItem(KEY);
  return stored === 'open' || stored === 'closed' ? stored : null;
}

/** Follows the window's width until the reader chooses, and from then on the choice. */
export function useRail(): RailWidth {
  const [choice, setChoice] = useState(storedChoice);
  const [roomy, setRoomy] = useState(() => window.matchMedia(ROOMY).matches);
  useEffect(() => {
    const width = window.matchMedia(ROOMY);
    const follow = () => setRoomy(width.matches);
    follow();
    width.addEventListener('change', follow);
    return () => width.removeEventListener('change', follow);
  }, []);
  const collapsed = choice === null ? !roomy : choice === 'closed';
  const toggle = useCallback(() => {
    const next = collapsed ? 'open' : 'closed';
    localStorage.setItem(KEY, next);
    setChoice(next);
  }, [collapsed]);
  return { collapsed, toggle };
}
