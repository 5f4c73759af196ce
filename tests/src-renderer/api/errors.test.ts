import { ORPCError } from '@orpc/client';
import { expect, test } from 'vitest';
import { adminErrorBody, AppError } from '../../../src-main/contract/errors.ts';
import { decodeRestError, describeError, issueOf } from '../../../src-renderer/api/errors.ts';
import { PortLost } from '../../../src-renderer/api/port.ts';

const refusal = new AppError('model_loading', { model: 'qwen', retryAfterS: 5 });

test('one refusal reads alike over REST and over the port', () => {
  const overRest = decodeRestError(adminErrorBody(refusal, 'req_1'), 503);
  const overPort = new ORPCError(refusal.code, {
    status: refusal.status,
    message: refusal.message,
    data: { ...refusal.data, request_id: 'req_1' },
  });
  expect(describeError(overRest)).toEqual(describeError(overPort));
  expect(describeError(overRest)).toMatchObject({ code: 'model_loading', requestId: 'req_1', data: { model: 'qwen' } });
});

test('the sentence that says what to do is told apart, and a version number does not cut it', () => {
  const error = new ORPCError('engine_build_invalid', {
    message: 'llama.cpp v0.5.0 cannot start here. Install git first.',
  });
  expect(describeError(error)).toMatchObject({
    title: 'llama.cpp v0.5.0 cannot start here.',
    action: 'Install git first.',
  });
});

test('an issue reaches its field, whether it names a field or a path', () => {
  const error = new ORPCError('validation_failed', {
    data: {
      issues: [
        { field: 'name', message: 'too long' },
        { path: ['context_size'], message: 'at least 1' },
      ],
    },
  });
  const description = describeError(error);
  expect(issueOf(description, 'name')).toBe('too long');
  expect(issueOf(description, 'context_size')).toBe('at least 1');
  expect(issueOf(description, 'other')).toBeNull();
});

test('what never reached the program says so, instead of "Failed to fetch"', () => {
  expect(describeError(new TypeError('Failed to fetch')).title).toBe('The program cannot be reached.');
  expect(describeError(new DOMException('late', 'TimeoutError')).title).toContain('did not answer in time');
  expect(describeError(new PortLost()).action).toBe('Try again.');
});

test('a body that is not our envelope is left to the transport', () => {
  expect(decodeRestError('<html>', 502)).toBeNull();
  expect(decodeRestError({ error: 'no' }, 502)).toBeNull();
});
