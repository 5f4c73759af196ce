import { useEffect, useRef, type RefObject } from 'react';

/** For the one field that a screen is about: it has the focus once the screen appears. */
export function useFirstFocus<Control extends HTMLElement>(): RefObject<Control | null> {
  const control = useRef<Control>(null);
  useEffect(() => control.current?.focus(), []);
  return control;
}
