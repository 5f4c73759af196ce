/** A page this long out of sight lets its streams go. */
const HIDDEN_MS = 30_000;

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
  begin();
}
