import { expect, it } from 'vitest';
import { readEvent } from '../../../../../src-main/core/adapters/docker/engine-events.ts';
import { faultOf } from '../../../../../src-main/core/adapters/docker/faults.ts';
import { EVENTS_152 } from '../../../../fixtures/docker/engine-answers.ts';

it('reads events of API 1.52, which have lost the fields that older programs read', () => {
  expect(readEvent(JSON.stringify(EVENTS_152.die))).toEqual({ id: 'c1', news: 'died', time: 1_790_000_000 });
  expect(readEvent(JSON.stringify(EVENTS_152.oom))?.news).toBe('oom');
});

it('reads Podman’s words for the same, and passes over what concerns no life', () => {
  const event = (Action: string, Type = 'container') => readEvent(JSON.stringify({ ...EVENTS_152.die, Action, Type }));
  expect(event('died')?.news).toBe('died');
  expect(event('remove')?.news).toBe('destroyed');
  expect(event('health_status: healthy')?.news).toBe(null);
  expect(event('pull', 'image')).toBe(null);
  expect(readEvent('half a li')).toBe(null);
});

it('tells an engine that went away from one that says no, and both from a fault of ours', () => {
  const socket = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  expect(faultOf(socket)).toEqual({ kind: 'gone', reason: 'connect ECONNREFUSED' });
  const refusal = Object.assign(new Error('(HTTP code 409) conflict - x '), {
    statusCode: 409,
    json: { message: 'x' },
  });
  expect(faultOf(refusal)).toEqual({ kind: 'refused', status: 409, sentence: 'x' });
  expect(
    faultOf(
      Object.assign(new Error('(HTTP code 500) server error - Get "http://x/v2/": y '), {
        statusCode: 500,
        json: null,
      }),
    ),
  ).toMatchObject({
    sentence: 'Get "http://x/v2/": y',
  });
  expect(faultOf(Object.assign(new TypeError('bad path'), { code: 'ERR_UNESCAPED_CHARACTERS' }))).toEqual({
    kind: 'other',
  });
});
