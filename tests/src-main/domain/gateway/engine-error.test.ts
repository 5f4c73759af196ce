import { expect, test } from 'vitest';
import { readEngineError } from '../../../../src-main/domain/gateway/engine-error.ts';
import { firstTokenOfJsonText, usageOfJsonText } from '../../../../src-main/domain/gateway/usage.ts';

const body = (error: object) => JSON.stringify({ error });

test.each([
  [
    400,
    body({
      code: 400,
      type: 'exceed_context_size_error',
      message: 'request (5000 tokens) exceeds the available context size (512 tokens), try increasing it',
    }),
    5000,
    512,
  ],
  [
    400,
    body({ code: 400, type: 'exceed_context_size_error', message: 'too long', n_prompt_tokens: 9, n_ctx: 8 }),
    9,
    8,
  ],
  [
    500,
    body({
      code: 500,
      message: 'input (900 tokens) is too large to process. increase the physical batch size (current batch size: 512)',
      type: 'server_error',
    }),
    900,
    512,
  ],
  [
    400,
    JSON.stringify({
      message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens",
      type: 'BadRequestError',
    }),
    5000,
    4096,
  ],
])('an over-long prompt is told with both numbers (%#)', (status, text, promptTokens, contextLength) => {
  expect(readEngineError(status, text)).toEqual({ kind: 'context', promptTokens, contextLength });
});

test('loading, a refused key and anything else are told apart', () => {
  expect(readEngineError(503, body({ code: 503, message: 'Loading model', type: 'unavailable_error' }))).toEqual({
    kind: 'loading',
  });
  expect(readEngineError(401, body({ message: 'Invalid API Key' }))).toEqual({ kind: 'credentials' });
  expect(
    readEngineError(400, body({ message: 'bad grammar', type: 'invalid_request_error', param: 'grammar', code: 400 })),
  ).toEqual({
    kind: 'passed',
    status: 400,
    message: 'bad grammar',
    type: 'invalid_request_error',
    code: 'invalid_request_error',
    param: 'grammar',
  });
  expect(readEngineError(500, '<html>')).toMatchObject({ kind: 'passed', message: '<html>', type: 'server_error' });
});

test('usage is found in a large answer without parsing it, and not in a string that only looks like it', () => {
  const decoy = JSON.stringify({
    choices: [{ message: { content: 'say "usage":{"prompt_tokens":999}' } }],
    usage: { prompt_tokens: 4, completion_tokens: 2 },
  });
  expect(usageOfJsonText(decoy)).toEqual({ promptTokens: 4, completionTokens: 2, cachedTokens: null });
  expect(usageOfJsonText(`{"usage" : {"prompt_tokens":5},"data":[${'0.1,'.repeat(1000)}0]}`)?.promptTokens).toBe(5);
  expect(usageOfJsonText('{"data":[]}')).toBeNull();
});

test("the first token of an answer that was not streamed comes from the engine's own timings", () => {
  expect(firstTokenOfJsonText('{"timings":{"prompt_ms":20,"predicted_ms":90,"predicted_n":10}}', 150)).toBe(69);
  expect(firstTokenOfJsonText('{"usage":{}}', 150)).toBeNull();
});

test.each([
  'prompt must not be empty',
  'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
  '[json.exception.type_error.316] invalid UTF-8 byte at index 1: 0xED',
  '"input" or "content" must be provided',
])('what the engine calls its own failure although the request is at fault is a 400: %s', (message) => {
  expect(readEngineError(500, body({ code: 500, message, type: 'server_error' }))).toMatchObject({
    kind: 'passed',
    status: 400,
    type: 'invalid_request_error',
  });
  expect(readEngineError(500, body({ code: 500, message: 'CUDA error: out of memory' }))).toMatchObject({
    status: 500,
    type: 'server_error',
  });
});
