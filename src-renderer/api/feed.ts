import { ORPCError } from '@orpc/client';

export interface FeedOptions<Event> {
  /** Opens the stream; its first event is a snapshot, so that nothing missed matters. */
  readonly open: (signal: AbortSignal) => Promise<AsyncIterable<Event>>;
  readonly onEvent: (event: Event) => void;
  readonly onLive?: () => void;
  readonly onLost?: (error: unknown) => void;
  /** The login is gone: trying again is useless. */
  readonly onLoggedOut?: () => void;
  /** Milliseconds before the n-th try in a row, n from 1. */
  readonly delay?: (failures: number) => number;
}

/** 250 ms, doubling to 8 s. */
export function backOff(failures: number): number {
  return Math.min(8_000, 250 * 2 ** (failures - 1));
}

export function isLoggedOut(error: unknown): boolean {
  return error instanceof ORPCError && error.status === 401;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = () => resolve();
  signal.addEventListener('abort', wake, { once: true });
  // A laptop that wakes or a network that returns should not wait out the back-off.
  window.addEventListener('online', wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', wake);
  window.removeEventListener('online', wake);
}

/** Keeps a stream open until `signal` aborts, opening it again with growing pauses whenever it ends. */
export async function keepFeed<Event>(options: FeedOptions<Event>, signal: AbortSignal): Promise<void> {
  const { open, onEvent, onLive, onLost, onLoggedOut, delay = backOff } = options;
  let failures = 0;
  while (!signal.aborted) {
    let reason: unknown = new Error('The stream ended.');
    try {
      for await (const event of await open(signal)) {
        failures = 0;
        onLive?.();
        onEvent(event);
      }
    } catch (error) {
      reason = error;
    }
    if (signal.aborted) return;
    if (isLoggedOut(reason)) {
      onLoggedOut?.();
      return;
    }
    failures += 1;
    onLost?.(reason);
    await pause(delay(failures), signal);
  }
}
