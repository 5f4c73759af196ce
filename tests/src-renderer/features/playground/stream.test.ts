// @vitest-environment happy-dom
import { ORPCError } from '@orpc/client';
import { beforeEach, expect, test, vi } from 'vitest';
import type { PlaygroundEvent } from '../../../../src-main/contract/playground.ts';
import { client } from '../../../../src-renderer/api/client.ts';
import {
  clearConversation,
  regenerate,
  send,
  useConversation,
  type Answer,
} from '../../../../src-renderer/features/playground/conversation.ts';

type Chat = (request: object, options: { signal: AbortSignal }) => Promise<AsyncIterable<PlaygroundEvent>>;
const chat = vi.fn<Chat>();
vi.mock('../../../../src-renderer/api/client.ts', () => ({ client: { playground: { chat: vi.fn() } } }));

const piece = (content: string): PlaygroundEvent => ({ type: 'chunk', chunk: { choices: [{ delta: { content } }] } });
const done: PlaygroundEvent = {
  type: 'done',
  prompt_tokens: 1,
  completion_tokens: 2,
  ttft_ms: 3,
  latency_ms: 4,
  tokens_per_second: 5,
};

const last = () => useConversation.getState().turns.at(-1) as Answer;
const settled = () => vi.waitFor(() => expect(useConversation.getState().stop).toBeNull());

beforeEach(() => {
  clearConversation();
  chat.mockReset();
  vi.mocked(client.playground.chat).mockImplementation(chat as never);
});

test('an answer gathers its pieces and ends with the measurements', async () => {
  chat.mockImplementation(async () =>
    (async function* () {
      yield piece('Hel');
      yield piece('lo');
      yield done;
    })(),
  );
  send('m', 'Hi');
  await settled();
  expect(last()).toMatchObject({ content: 'Hello', status: 'done', figures: { completion_tokens: 2, soFar: false } });
});

test('stopping keeps what was said and reaches the engine as an abort', async () => {
  let aborted = false;
  chat.mockImplementation(async (_request, { signal }) =>
    (async function* () {
      yield piece('half');
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true;
          reject(new DOMException('stopped', 'AbortError'));
        });
      });
    })(),
  );
  send('m', 'Hi');
  await vi.waitFor(() => expect(last().content).toBe('half'));
  useConversation.getState().stop?.();
  await settled();
  expect(aborted).toBe(true);
  expect(last()).toMatchObject({ content: 'half', status: 'stopped', error: null });
  expect(last().figures).toMatchObject({ completion_tokens: 1, prompt_tokens: null, soFar: true });
});

test('a refusal stands in the conversation with its reason, and asking again replaces it', async () => {
  chat.mockRejectedValueOnce(
    new ORPCError('model_not_running', { status: 503, message: 'The model "m" is stopped. Start it first.' }),
  );
  send('m', 'Hi');
  await settled();
  expect(last()).toMatchObject({ status: 'failed', error: { title: 'The model "m" is stopped.' } });
  chat.mockImplementation(async () =>
    (async function* () {
      yield piece('Yes');
      yield done;
    })(),
  );
  regenerate('m');
  await settled();
  expect(useConversation.getState().turns.map((turn) => turn.content)).toEqual(['Hi', 'Yes']);
});

test('clearing while an answer comes ends it and leaves nothing behind', async () => {
  chat.mockImplementation(async (_request, { signal }) =>
    (async function* () {
      yield piece('a');
      await new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    })(),
  );
  send('m', 'Hi');
  await vi.waitFor(() => expect(last().content).toBe('a'));
  clearConversation();
  await settled();
  expect(useConversation.getState().turns).toEqual([]);
});
