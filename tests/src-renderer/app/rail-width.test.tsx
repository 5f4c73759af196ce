// @vitest-environment happy-dom
import { act, cleanup, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useRail } from '../../../src-renderer/app/rail-width.ts';

let roomy: { matches: boolean; listener: () => void };

beforeEach(() => {
  localStorage.clear();
  roomy = { matches: true, listener: () => {} };
  vi.spyOn(window, 'matchMedia').mockImplementation(
    () =>
      ({
        get matches() {
          return roomy.matches;
        },
        addEventListener: (_type: string, listener: () => void) => (roomy.listener = listener),
        removeEventListener: () => {},
      }) as never,
  );
});
afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function resize(matches: boolean): void {
  roomy.matches = matches;
  act(() => roomy.listener());
}

test('the rail follows a window that is made narrow and wide again, without a reload', () => {
  const { result } = renderHook(useRail);
  expect(result.current.collapsed).toBe(false);
  resize(false);
  expect(result.current.collapsed).toBe(true);
  resize(true);
  expect(result.current.collapsed).toBe(false);
  expect(localStorage.getItem('cortex.rail')).toBeNull();
});

test('a choice holds at every width and at the next visit', () => {
  const { result } = renderHook(useRail);
  resize(false);
  act(() => result.current.toggle());
  expect(result.current.collapsed).toBe(false);
  resize(true);
  resize(false);
  expect(result.current.collapsed).toBe(false);
  expect(renderHook(useRail).result.current.collapsed).toBe(false);
});
