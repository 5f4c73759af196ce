import { expect, test } from 'vitest';
import { Feed } from '../../../../src-main/core/services/feed.ts';
import { merged } from '../../../../src-main/core/services/merged-feed.ts';

test('items of each stream come as they are there, and every stream ends with the reader', async () => {
  const stop = new AbortController();
  const numbers = new Feed<number | string>();
  const words = new Feed<number | string>();
  const stream = merged([numbers.watch(() => [1], stop.signal), words.watch(() => ['a'], stop.signal)]);
  const next = async () => (await stream.next()).value;
  expect(new Set([await next(), await next()])).toEqual(new Set([1, 'a']));
  const third = next();
  words.publish('b');
  expect(await third).toBe('b');
  numbers.publish(2);
  numbers.publish(3);
  expect([await next(), await next()]).toEqual([2, 3]);
  const last = next();
  stop.abort();
  expect(await last).toBeUndefined();
  await stream.return();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect([numbers.watched, words.watched]).toEqual([false, false]);
});

test('a reader who leaves with items waiting leaves no subscription behind', async () => {
  const stop = new AbortController();
  const feed = new Feed<number>();
  const stream = merged([feed.watch(() => [1, 2, 3], stop.signal)]);
  await stream.next();
  await stream.return();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(feed.watched).toBe(false);
});

test('a stream that fails fails the whole', async () => {
  async function* broken(): AsyncGenerator<number, void, void> {
    yield 1;
    throw new Error('no more');
  }
  const stream = merged([broken()]);
  expect((await stream.next()).value).toBe(1);
  await expect(stream.next()).rejects.toThrow('no more');
});
