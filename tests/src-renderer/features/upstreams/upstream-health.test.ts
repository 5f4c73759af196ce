import { expect, test } from 'vitest';
import { healthOf, historyWords, wrongModelName } from '../../../../src-renderer/features/upstreams/upstream-health.ts';
import { REGISTRY, UPSTREAM_META } from '../../../fakes/admin-surroundings.ts';

const failed = REGISTRY['gpt-oss-120b']?.upstreams[0];
if (failed === undefined) throw new Error('the fake has no such upstream');
const meta = UPSTREAM_META[failed.url];
if (meta === undefined) throw new Error('the fake knows nothing of it');

test('a server that fails says why, and when it is tried again', () => {
  expect(healthOf(failed, meta)).toEqual({
    tone: 'failed',
    word: 'Does not answer',
    detail: 'connect ECONNREFUSED 10.0.0.7:8443. Tried again in 23 s.',
  });
});

test('one that is switched off, or was never asked, is not called failed', () => {
  expect(healthOf({ ...failed, enabled: false }, meta)).toMatchObject({ tone: 'stopped', word: 'Off' });
  expect(healthOf(failed, undefined)).toMatchObject({ tone: 'stopped', word: 'Not checked yet' });
});

test('a name that the server does not list is pointed out with those it lists', () => {
  expect(wrongModelName('gpt-oss-120b', failed, meta)).toBeNull();
  expect(wrongModelName('gpt-oss-120b', { ...failed, upstream_model: 'gpt-oss' }, meta)).toBe(
    'It lists no "gpt-oss", but openai/gpt-oss-120b.',
  );
});

test('the history is read out with its range and its failures', () => {
  expect(historyWords(meta)).toMatch(/^Latency of the last 40 checks: .+ to .+, 6 failed$/);
  expect(historyWords({ ...meta, history: [] })).toBe('No checks yet');
});
