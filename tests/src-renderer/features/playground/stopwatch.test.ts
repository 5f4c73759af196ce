import { expect, test } from 'vitest';
import { figuresSoFar, sawPiece, startWatch } from '../../../../src-renderer/features/playground/stopwatch.ts';

test('a stopped answer has its time to the first piece and its rate over the gaps, without the wait before it', () => {
  const watch = [1_500, 1_600, 1_700].reduce(sawPiece, startWatch(1_000));
  expect(figuresSoFar(watch, 2_400)).toEqual({
    prompt_tokens: null,
    completion_tokens: 3,
    ttft_ms: 500,
    latency_ms: 1_400,
    tokens_per_second: 10,
    soFar: true,
  });
});

test('one piece has no rate, and pieces of one moment none that is infinite', () => {
  const one = sawPiece(startWatch(0), 100);
  expect(figuresSoFar(one, 200)).toMatchObject({ ttft_ms: 100, tokens_per_second: null });
  expect(figuresSoFar(sawPiece(one, 100), 200)).toMatchObject({ completion_tokens: 2, tokens_per_second: null });
});

test('an answer stopped before its first piece claims nothing', () => {
  expect(figuresSoFar(startWatch(0), 5_000)).toBeNull();
});
