import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';

/** Parts that keep the focus across a change of screen: the screen itself, and a dialog that is not about to go. */
const KEEPS_FOCUS = 'main, [role="dialog"]:not([data-closed])';

/** After a change of screen the focus is at its heading, unless the screen has given it to a field of its own. */
export function useRouteFocus(): void {
  const router = useRouter();
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        if (fromLocation === undefined || !pathChanged) return;
        const held = document.activeElement;
        if (held !== null && held.closest(KEEPS_FOCUS) !== null) return;
        const content = document.querySelector<HTMLElement>('main');
        (content?.querySelector<HTMLElement>('h1[tabindex]') ?? content)?.focus();
      }),
    [router],
  );
}
