import { describe, expect, test } from 'vitest';
import { decideRoute, type Endpoint } from '../../../../src-main/domain/gateway/route-decision.ts';
import { Address } from '../../../../src-main/domain/gateway/address.ts';
import type { ForeignRoute, RouteEntry } from '../../../../src-main/domain/gateway/routing.ts';

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
  endpoint: 'chat' as Endpoint,
  entry: entry as RouteEntry | undefined,
  available: () => ['m', 'n'],
  waitUntilMs: 0,
  nowMs: 1000,
  foreign: undefined as ForeignRoute | undefined,
  addressOf: (origin: string) => new Address(origin),
  tried: [] as Address[],
  isLoop: false,
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

describe('several servers for one name', () => {
  const well = { ok: true, statusCode: 200, latencyMs: 1, problem: null };
  const unwell = { ok: false, statusCode: null, latencyMs: 1, problem: 'nothing listens on its port' };
  const server = (name: string, task: 'generate' | 'embed' = 'generate') => ({
    origin: `http://${name}`,
    basePath: '',
    authorization: null,
    task,
    engine: null,
    upstreamModel: null,
    address: new Address(`http://${name}`),
  });
  const routeTo = (...upstreams: ReturnType<typeof server>[]): ForeignRoute => ({
    servedName: 'm',
    upstreams,
    createdAt: 0,
  });
  const chosen = (asked: typeof question) => {
    const decision = decideRoute(asked);
    return decision.kind === 'foreign' ? decision.upstream.address.url : decision.kind;
  };

  test('equally busy ones take turns, ours among them, whatever else is down', () => {
    const [a, b, down] = [server('a'), server('b'), server('down')];
    down.address.noteHealth(unwell, 0);
    const own = new Address('own');
    const asked = { ...question, foreign: routeTo(down, a, b), addressOf: () => own };
    const picked = Array.from({ length: 6 }, (_, turn) => {
      const url = chosen(asked);
      const address = [a.address, b.address].find((candidate) => candidate.url === url) ?? own;
      address.begin(0, turn + 1);
      address.end('works', null, 0);
      return url;
    });
    expect(picked).toEqual(['ready', 'http://a', 'http://b', 'ready', 'http://a', 'http://b']);
  });

  test('the one with the fewest requests is taken', () => {
    const [a, b] = [server('a'), server('b')];
    a.address.begin(0, 1);
    a.address.begin(0, 2);
    b.address.begin(0, 3);
    expect(chosen({ ...question, entry: undefined, foreign: routeTo(a, b) })).toBe('http://b');
  });

  test('one that was not asked yet is worth a try, one whose check failed is not', () => {
    const [fresh, down] = [server('fresh'), server('down')];
    down.address.noteHealth(unwell, 0);
    const asked = { ...question, entry: { ...entry, state: 'stopped' as const }, foreign: routeTo(down, fresh) };
    expect(chosen(asked)).toBe('http://fresh');
    expect(decideRoute({ ...asked, tried: [fresh.address] })).toMatchObject({
      kind: 'refuse',
      refusal: {
        code: 'upstreams_unavailable',
        data: { reasons: ['nothing listens on its port', 'it did not take the request', 'our own model is stopped'] },
      },
      retryAfterS: 10,
    });
  });

  test('our own model that loads is used around, and waited for when all others are down', () => {
    const a = server('a');
    const asked = {
      ...question,
      entry: { ...entry, state: 'loading' as const },
      waitUntilMs: 2000,
      foreign: routeTo(a),
    };
    expect(chosen(asked)).toBe('http://a');
    a.address.noteHealth(unwell, 0);
    expect(chosen(asked)).toBe('wait');
    a.address.noteHealth(well, 0);
    expect(chosen(asked)).toBe('http://a');
  });

  test('a request that came back to us goes to our own engine or nowhere', () => {
    const asked = { ...question, foreign: routeTo(server('a')), isLoop: true };
    expect(chosen(asked)).toBe('ready');
    expect(decideRoute({ ...asked, entry: { ...entry, state: 'stopped' } })).toMatchObject({
      refusal: { code: 'upstream_loop' },
    });
  });

  test('an embedding server does not chat, and a chat server does not embed', () => {
    const asked = {
      ...question,
      entry: { ...entry, state: 'stopped' as const },
      foreign: routeTo(server('e', 'embed')),
    };
    expect(decideRoute(asked)).toMatchObject({ refusal: { code: 'model_not_running' } });
    expect(chosen({ ...asked, endpoint: 'embeddings' })).toBe('http://e');
  });
});
