// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { followWhileVisible } from '../../../src-renderer/api/visibility.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  show('visible');
});

function show(state: 'visible' | 'hidden'): void {
  Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}

test('a tab out of sight lets its streams go after a while, and takes them up when seen again', () => {
  const controller = new AbortController();
  const signals: AbortSignal[] = [];
  followWhileVisible((signal) => signals.push(signal), controller.signal);
  show('hidden');
  vi.advanceTimersByTime(1_000);
  show('visible');
  vi.advanceTimersByTime(60_000);
  expect(signals.map((signal) => signal.aborted)).toEqual([false]);
  show('hidden');
  vi.advanceTimersByTime(1_500);
  expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  show('visible');
  expect(signals.map((signal) => signal.aborted)).toEqual([true, false]);
  controller.abort();
  expect(signals.map((signal) => signal.aborted)).toEqual([true, true]);
  show('visible');
  expect(signals).toHaveLength(2);
});
