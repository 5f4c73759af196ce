import { expect, test } from 'vitest';
import { decideRoute } from '../../../../src-main/domain/gateway/route-decision.ts';
import type { RouteEntry } from '../../../../src-main/domain/gateway/routing.ts';

const entry: RouteEntry = {
  modelId: 1,
  servedName: 'm',
  engine: 'llamacpp',
  task: 'generate',
  embeds: false,
  state: 'running',
  target: { origin: 'http://127.0.0.1:1', authorization: null },
  requestDefaults: {},
  contextLength: null,
  slots: null,
  requestTimeoutMs: null,
  streamTimeoutMs: null,
  createdAt: 0,
};
const question = {
  servedName: 'm',
  endpoint: 'chat' as const,
  entry,
  available: () => ['m', 'n'],
  waitUntilMs: 0,
  nowMs: 1000,
};

test('a running model with a port is ready', () => {
  expect(decideRoute(question)).toMatchObject({ kind: 'ready', entry: { modelId: 1 } });
});

test('an unknown model is refused with the names that exist', () => {
  expect(decideRoute({ ...question, entry: undefined })).toMatchObject({
    kind: 'refuse',
    refusal: { code: 'model_not_found', data: { available: ['m', 'n'] } },
  });
});

test.each(['starting', 'loading'] as const)(
  'a %s model is waited for until the deadline, then refused with a time to retry',
  (state) => {
    const loading = { ...question, entry: { ...entry, state } };
    expect(decideRoute({ ...loading, waitUntilMs: 1001 })).toEqual({ kind: 'wait', modelId: 1, untilMs: 1001 });
    expect(decideRoute({ ...loading, waitUntilMs: 1000 })).toMatchObject({
      kind: 'refuse',
      refusal: { code: 'model_loading' },
      retryAfterS: 5,
    });
  },
);

test.each(['stopped', 'stopping', 'failed'] as const)('a %s model is refused by its state', (state) => {
  expect(decideRoute({ ...question, entry: { ...entry, state } })).toMatchObject({
    kind: 'refuse',
    refusal: { code: 'model_not_running', data: { state } },
  });
});

test('a generating model does not embed; an embedding one still chats', () => {
  expect(decideRoute({ ...question, endpoint: 'embeddings' })).toMatchObject({
    kind: 'refuse',
    refusal: { code: 'model_wrong_task' },
  });
  expect(decideRoute({ ...question, entry: { ...entry, task: 'embed', embeds: true } }).kind).toBe('ready');
});
