// @vitest-environment happy-dom
import { ORPCError } from '@orpc/client';
import { expect, test, vi } from 'vitest';
import { backOff, keepFeed } from '../../../src-renderer/api/feed.ts';

async function* say(...events: readonly string[]): AsyncGenerator<string> {
  for (const event of events) yield event;
}

test('a stream that ends or fails is opened again, and events go on', async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  const lost = vi.fn();
  const streams = [
    () => Promise.resolve(say('a')),
    () => Promise.reject(new TypeError('Failed to fetch')),
    () => Promise.resolve(say('b', 'end')),
  ];
  await keepFeed(
    {
      open: () => (streams.shift() ?? (() => Promise.reject(new Error('no more'))))(),
      onEvent: (event) => {
        seen.push(event);
        if (event === 'end') controller.abort();
      },
      onLost: lost,
      delay: () => 0,
    },
    controller.signal,
  );
  expect(seen).toEqual(['a', 'b', 'end']);
  expect(lost).toHaveBeenCalledTimes(2);
});

test('a lost login stops the feed: asking again would only be refused again', async () => {
  const open = vi.fn(() => Promise.reject(new ORPCError('unauthenticated', { status: 401 })));
  const onLoggedOut = vi.fn();
  await keepFeed({ open, onEvent: () => {}, onLoggedOut, delay: () => 0 }, new AbortController().signal);
  expect(open).toHaveBeenCalledTimes(1);
  expect(onLoggedOut).toHaveBeenCalledTimes(1);
});

test('pauses grow to a limit, so that a stopped program is neither hammered nor forgotten', () => {
  expect([1, 2, 3, 20].map(backOff)).toEqual([250, 500, 1000, 8000]);
});

test('failures in a row are counted from the last event on', async () => {
  const controller = new AbortController();
  const failures: number[] = [];
  let openings = 0;
  await keepFeed(
    {
      open: () => {
        openings += 1;
        if (openings === 6) controller.abort();
        return openings === 3 ? Promise.resolve(say('x')) : Promise.reject(new Error('down'));
      },
      onEvent: () => {},
      delay: (count) => {
        failures.push(count);
        return 0;
      },
    },
    controller.signal,
  );
  expect(failures).toEqual([1, 2, 1, 2, 3]);
});
