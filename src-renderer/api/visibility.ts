import { desktopHost } from './host.ts';

/** A page this long out of sight lets its streams go: more than a glance at another tab, less than a click in it. */
const HIDDEN_MS = 1_500;

/**
 * Runs `follow` while the page can be seen. A browser opens six connections to one address for all its tabs together;
 * tabs that nobody looks at must not hold them, or the one in front gets no answer.
 */
export function followWhileVisible(follow: (signal: AbortSignal) => void, signal: AbortSignal): void {
  let controller: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = () => {
    clearTimeout(timer);
    if (controller !== null || signal.aborted) return;
    controller = new AbortController();
    follow(controller.signal);
  };
  const end = () => {
    controller?.abort();
    controller = null;
  };
  const onChange = () => {
    if (document.visibilityState === 'visible') begin();
    else timer = setTimeout(end, HIDDEN_MS);
  };
  document.addEventListener('visibilitychange', onChange, { signal });
  signal.addEventListener('abort', () => {
    clearTimeout(timer);
    end();
  });
  if (document.visibilityState === 'visible') begin();
}

/** Follows while it serves someone: in a browser's tab while that is seen, in the desktop's window always. */
export function followWhileUseful(follow: (signal: AbortSignal) => void, signal: AbortSignal): void {
  // Nothing limits the streams of a message port, and the window's title and tray follow what runs.
  if (desktopHost() === null) followWhileVisible(follow, signal);
  else follow(signal);
}
