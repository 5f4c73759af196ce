import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { matchScore } from '../../../src-renderer/app/match.ts';

test('what begins with the words comes before what only holds their letters', () => {
  const best = ['Theme: as the system', 'Go to Settings', 'Stop Qwen3 8B'].toSorted(
    (left, right) => matchScore('st', right) - matchScore('st', left),
  );
  expect(best[0]).toBe('Stop Qwen3 8B');
  expect(matchScore('xyz', 'Go to Models')).toBe(0);
});

test('every text is found by any of its own beginnings', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.nat(), (text, length) => {
      expect(matchScore(text.slice(0, 1 + (length % text.length)), text)).toBeGreaterThan(0);
    }),
  );
});
