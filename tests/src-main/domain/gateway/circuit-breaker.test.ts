import { expect, test } from 'vitest';
import {
  admits,
  CLOSED,
  FAILS_TO_OPEN,
  onAbandoned,
  onAttempt,
  onFailure,
  onSuccess,
  OPEN_MS,
  shownState,
  type Breaker,
  type BreakerSource,
} from '../../../../src-main/domain/gateway/circuit-breaker.ts';

function failed(times: number, source: BreakerSource = 'request', from: Breaker = CLOSED, nowMs = 0): Breaker {
  let breaker = from;
  for (let i = 0; i < times; i += 1) breaker = onFailure(breaker, source, nowMs);
  return breaker;
}

test('four failures are bad luck, the fifth opens it for half a minute', () => {
  expect(admits(failed(FAILS_TO_OPEN - 1), 0)).toBe(true);
  const open = failed(FAILS_TO_OPEN);
  expect([open.state, admits(open, OPEN_MS - 1), admits(open, OPEN_MS)]).toEqual(['open', false, true]);
});

test('failures in a row: a success between them begins the count anew', () => {
  expect(failed(FAILS_TO_OPEN - 1, 'request', onSuccess(failed(FAILS_TO_OPEN - 1), 'request', 0)).state).toBe('closed');
});

test('after the rest one single request goes through; a crowd behind it would fell a server that just came back', () => {
  const trying = onAttempt(failed(FAILS_TO_OPEN), OPEN_MS);
  expect([trying.state, admits(trying, OPEN_MS)]).toEqual(['half_open', false]);
  expect(onSuccess(trying, 'request', OPEN_MS)).toBe(CLOSED);
  const again = onFailure(trying, 'request', OPEN_MS);
  expect([again.state, admits(again, OPEN_MS * 2 - 1), admits(again, OPEN_MS * 2)]).toEqual(['open', false, true]);
});

test('a trial whose caller left is no verdict, and the next request may try', () => {
  const trying = onAttempt(failed(FAILS_TO_OPEN), OPEN_MS);
  expect(admits(onAbandoned(trying), OPEN_MS)).toBe(true);
});

test('health checks and requests count together: Cortex kept two counts, and neither saw the whole', () => {
  const mixed = onFailure(failed(3, 'health', failed(1, 'request')), 'request', 0);
  expect(mixed.state).toBe('open');
});

test('a server that is healthy by its checks and fails its requests is still left alone', () => {
  let breaker = CLOSED;
  for (let i = 0; i < FAILS_TO_OPEN; i += 1) {
    breaker = onSuccess(onFailure(breaker, 'request', i), 'health', i);
  }
  expect([breaker.state, admits(breaker, 100)]).toEqual(['open', false]);
  expect(onSuccess(breaker, 'health', OPEN_MS * 2)).toBe(CLOSED);
});

test('one that was down by its checks is used again as soon as a check is well', () => {
  expect(onSuccess(failed(FAILS_TO_OPEN, 'health'), 'health', 1)).toBe(CLOSED);
});

test('answers that were under way when it opened do not make the rest longer', () => {
  const open = failed(FAILS_TO_OPEN);
  expect(onFailure(open, 'request', 10_000).openUntilMs).toBe(open.openUntilMs);
});

test('an open breaker whose rest is over shows as half open', () => {
  const open = failed(FAILS_TO_OPEN);
  expect([shownState(open, 0), shownState(open, OPEN_MS)]).toEqual(['open', 'half_open']);
});
