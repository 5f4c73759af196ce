import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createPlayground } from '../../../src-main/gateway/playground.ts';
import { EngineStub } from '../../fakes/engine-stub.ts';
import { startGateway } from '../../fakes/gateway.ts';

let gateway: Awaited<ReturnType<typeof startGateway>>;
let one: EngineStub;
let two: EngineStub;
beforeEach(async () => {
  [gateway, one, two] = await Promise.all([startGateway(), EngineStub.start(), EngineStub.start()]);
});
afterEach(async () => {
  await Promise.all([gateway[Symbol.asyncDispose](), one[Symbol.asyncDispose](), two[Symbol.asyncDispose]()]);
});

const until = async (condition: () => boolean | Promise<boolean>) => {
  for (let i = 0; i < 200 && !(await condition()); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await condition()).toBe(true);
};
const chat = { model: 'big', messages: [{ role: 'user', content: 'hi' }] };
const post = (body: string | object = chat, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(`${gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
const errorOf = async (response: Response) => ((await response.json()) as { error: Record<string, unknown> }).error;
const played = async () => {
  const play = createPlayground(gateway.inference, gateway.usage);
  return Array.fromAsync(play(chat, { kind: 'owner', via: 'session' }, 'r', new AbortController().signal));
};
const get = (path: string) => fetch(gateway.url + path, { headers: { authorization: `Bearer ${gateway.token}` } });
const add = (url: string, more: object = {}) => gateway.upstreams.add({ served_name: 'big', url, ...more });
const answering = (status: number, headers: Record<string, string> = {}): EngineStub['reply'] => {
  return (res) =>
    void res.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{"error":{"message":"no"}}');
};
/** An address where nothing listens. */
async function deadAddress(): Promise<string> {
  const stub = await EngineStub.start();
  const { origin } = stub;
  await stub[Symbol.asyncDispose]();
  return origin;
}
const asked = () => [one.received.length, two.received.length];

describe('forwarding to a server of others', () => {
  test("its own name for the model, its own key, the rest of the bytes as they came, and the caller's key stays here", async () => {
    add(`${one.origin}/prefix/v1`, { upstream_model: 'org/Big-7B', api_key: 'sk-upstream' });
    const body = `{ "model":"big",  "messages":[{"role":"user","content":"\\"model\\":\\"big\\" é"}], "seed": 18446744073709551615 }`;
    const response = await post(body, { 'x-api-key': gateway.token, cookie: 'a=b', 'x-forwarded-for': '10.1.1.1' });
    expect(response.status).toBe(200);
    const [received] = one.received;
    expect(received).toMatchObject({
      path: '/prefix/v1/chat/completions',
      body: body.replace('"model":"big",', '"model":"org/Big-7B",'),
      headers: { authorization: 'Bearer sk-upstream' },
    });
    expect(JSON.stringify(received)).not.toContain(gateway.token);
    expect(Object.keys(received?.headers ?? {}).toSorted()).toEqual([
      'accept',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'via',
      'x-request-id',
    ]);
    await response.text();
    expect(await gateway.rows()).toMatchObject([
      { model_name: 'big', upstream: `${one.origin}/prefix`, status_code: 200, prompt_tokens: 3 },
    ]);
  });

  test('a stream asked for under another name gets its usage chunk taken out like every other', async () => {
    add(one.origin, { upstream_model: 'x' });
    one.reply = (res) =>
      void res
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(
          'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":1}}\n\ndata: [DONE]\n\n',
        );
    const text = await (await post({ ...chat, stream: true, stream_options: { include_usage: false } })).text();
    expect(text).not.toContain('usage');
    expect(JSON.parse(one.received[0]?.body ?? '')).toMatchObject({
      model: 'x',
      stream_options: { include_usage: true },
    });
    expect(await gateway.rows()).toMatchObject([{ prompt_tokens: 5, completion_tokens: 1 }]);
  });

  test('a redirect is not followed: the key would go where it leads', async () => {
    add(one.origin, { api_key: 'sk-upstream' });
    one.reply = (res) => void res.writeHead(307, { location: `${two.origin}/v1/chat/completions` }).end();
    const response = await post();
    expect([response.status, await errorOf(response)]).toMatchObject([502, { code: 'upstream_unreachable' }]);
    expect(two.received).toHaveLength(0);
  });

  test('a name with slashes is routed and listed in the shape of OpenAI', async () => {
    gateway.upstreams.add({ served_name: 'org/big', url: one.origin });
    expect((await post({ ...chat, model: 'org/big' })).status).toBe(200);
    expect(await (await get('/v1/models')).json()).toMatchObject({
      data: [{ id: 'm' }, { id: 'org/big', object: 'model', owned_by: 'upstream', state: 'running' }],
    });
    expect(await (await get('/v1/models/org/big')).json()).toMatchObject({ id: 'org/big' });
    expect(await (await get('/v1/models/running')).json()).toEqual([
      { served_model_name: 'm', task: 'generate', engine_type: 'llamacpp', state: 'running' },
      { served_model_name: 'org/big', task: 'generate', engine_type: null, state: 'running' },
    ]);
  });

  test('a name nobody answers for is 404 with the names that exist, foreign ones too', async () => {
    add(one.origin);
    const response = await post({ ...chat, model: 'nope' });
    expect([response.status, await errorOf(response)]).toMatchObject([404, { code: 'model_not_found' }]);
    add(one.origin, { enabled: false });
    expect((await post()).status).toBe(404);
  });

  test('the playground speaks to it, whatever line ends and comments it writes', async () => {
    add(one.origin);
    one.reply = (res) =>
      void res
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(
          ': ping\r\n\r\ndata:{"choices":[{"delta":{"content":"a"}}]}\r\n\r\ndata: not json\r\n\r\ndata: [DONE]\r\n\r\n',
        );
    expect(await played()).toMatchObject([{ type: 'chunk', chunk: { choices: [{}] } }, { type: 'done' }]);
  });

  test('a server that ignores "stream": the playground shows its text, not nothing', async () => {
    add(one.origin);
    const whole = {
      id: 'x',
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Grüße\n\ndata: {}\n\n' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 4, completion_tokens: 2 },
    };
    const bytes = Buffer.from(JSON.stringify(whole, null, 2));
    one.reply = (res) => {
      res.writeHead(200, { 'content-type': 'application/json' }).write(bytes.subarray(0, 120));
      setTimeout(() => res.end(bytes.subarray(120)), 20);
    };
    expect(await played()).toMatchObject([
      {
        type: 'chunk',
        chunk: { choices: [{ delta: { content: 'Grüße\n\ndata: {}\n\n' }, finish_reason: 'stop' }] },
      },
      { type: 'done', prompt_tokens: 4, completion_tokens: 2 },
    ]);
  });

  test.each([
    ['application/json', '{"error":{"message":"no such voice"}}', 'engine_refused', /no such voice/],
    ['text/html', '<html>Welcome</html>', 'upstream_unreachable', /Upstreams shows/],
    ['application/json', '{"choices":[{"mess', 'upstream_unreachable', /not a whole chat completion/],
  ])('an answer in %s that is no chat (%s) is an error in the playground', async (type, body, code, message) => {
    add(one.origin);
    one.reply = (res) => void res.writeHead(200, { 'content-type': type }).end(body);
    await expect(played()).rejects.toMatchObject({ code, message: expect.stringMatching(message) as unknown });
  });

  test('events under a wrong content type are events', async () => {
    add(one.origin);
    one.reply = (res) =>
      void res
        .writeHead(200, { 'content-type': 'text/plain' })
        .end('data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: [DONE]\n\n');
    expect(await played()).toMatchObject([{ type: 'chunk' }, { type: 'done' }]);
  });
});

describe('failover before the first byte', () => {
  test('where nothing listens the next one answers, and the caller sees nothing of it', async () => {
    add(await deadAddress());
    add(one.origin);
    for (let i = 0; i < 4; i += 1) expect((await post()).status).toBe(200);
    expect(one.received).toHaveLength(4);
    expect((await gateway.rows()).map((row) => [row.status_code, row.upstream])).toEqual(
      Array.from({ length: 4 }, () => [200, one.origin]),
    );
  });

  test.each([502, 503, 504])('%i of a foreign server goes on to the next, each is asked once', async (status) => {
    add(one.origin);
    add(two.origin);
    one.reply = answering(status);
    two.reply = answering(status);
    const response = await post();
    expect([response.status, asked()]).toEqual([status, [1, 1]]);
  });

  test('a connection closed before any byte goes on to the next', async () => {
    add(one.origin);
    add(two.origin);
    one.reply = (res) => void res.socket?.destroy();
    expect((await post()).status).toBe(200);
    expect(two.received).toHaveLength(1);
  });

  test.each([400, 404, 500])('%i is the answer: another server would say the same', async (status) => {
    add(one.origin);
    add(two.origin);
    one.reply = answering(status);
    two.reply = answering(status);
    expect((await post()).status).toBe(status);
    expect(one.received.length + two.received.length).toBe(1);
  });

  test('429 goes on; when all say it, it is passed on with its Retry-After', async () => {
    add(one.origin);
    add(two.origin);
    one.reply = answering(429, { 'retry-after': '17' });
    expect((await post()).status).toBe(200);
    two.reply = answering(429, { 'retry-after': '17' });
    const response = await post();
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '17']);
    // One that is merely full is not one that fails.
    expect(gateway.upstreams.addressOf(one.origin).breaker.state).toBe('closed');
    two.reply = answering(502);
    expect((await post()).status).toBe(429);
  });

  test('a stream that was cut after its first byte is not begun again elsewhere', async () => {
    add(one.origin);
    add(two.origin);
    const cut: EngineStub['reply'] = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\n');
      setTimeout(() => res.destroy(), 20);
    };
    one.reply = cut;
    two.reply = cut;
    const text = await (await post({ ...chat, stream: true })).text();
    expect(text.match(/"content":"one"/g)).toHaveLength(1);
    expect(text).toContain('upstream_unreachable');
    expect(one.received.length + two.received.length).toBe(1);
  });

  test('a time-out is not tried elsewhere: the first one may still be generating', async () => {
    // Our own model has a time limit of its own to run into.
    gateway.routes.set({
      servedName: 'big',
      target: { origin: one.origin, authorization: null },
      requestTimeoutMs: 1_000,
    });
    add(two.origin);
    gateway.upstreams.addressOf(two.origin).begin(0, 0);
    one.reply = () => undefined;
    expect((await post()).status).toBe(504);
    expect(asked()).toEqual([1, 0]);
  });

  test('our own engine that died goes on to the foreign one beside it, and the other way round', async () => {
    gateway.routes.set({ servedName: 'big', target: { origin: await deadAddress(), authorization: 'Bearer own' } });
    add(one.origin);
    expect((await post()).status).toBe(200);
    expect(one.received[0]?.headers.authorization).toBeUndefined();
    gateway.routes.set({ servedName: 'big', modelId: 7, target: { origin: two.origin, authorization: 'Bearer own' } });
    one.reply = answering(503);
    for (let i = 0; i < 3; i += 1) expect((await post()).status).toBe(200);
    expect(two.received[0]?.headers.authorization).toBe('Bearer own');
  });

  test('a caller that leaves ends the attempt, and no other server hears of it', async () => {
    add(one.origin);
    add(two.origin);
    one.reply = () => undefined;
    two.reply = () => undefined;
    const abort = new AbortController();
    const pending = post(chat, {}, abort.signal).catch(() => null);
    await until(() => one.received.length + two.received.length === 1);
    abort.abort();
    await pending;
    await until(() => one.aborted + two.aborted === 1);
    await until(async () => (await gateway.rows())[0]?.error_code === 'client_closed');
    expect(one.received.length + two.received.length).toBe(1);
    expect([one, two].map(({ origin }) => gateway.upstreams.addressOf(origin).inFlight)).toEqual([0, 0]);
  });
});

describe('choice and circuit breaker', () => {
  test('a server that is busy with a long answer is left to it', async () => {
    add(one.origin);
    add(two.origin);
    const release: (() => void)[] = [];
    one.reply = (res) => void release.push(() => res.end('{}'));
    two.reply = (res) => void release.push(() => res.end('{}'));
    const first = post();
    await until(() => release.length === 1);
    const busy = one.received.length === 1 ? one : two;
    const idle = busy === one ? two : one;
    idle.reply = (res) => void res.end('{}');
    for (let i = 0; i < 5; i += 1) expect((await post()).status).toBe(200);
    expect([busy.received.length, idle.received.length]).toEqual([1, 5]);
    release[0]?.();
    await first;
  });

  test('idle servers take turns', async () => {
    add(one.origin);
    add(two.origin);
    for (let i = 0; i < 6; i += 1) await (await post()).text();
    expect(asked()).toEqual([3, 3]);
  });

  test('five failures open the breaker: the server is left alone, and the refusal says why and when', async () => {
    add(one.origin);
    one.reply = answering(503);
    for (let i = 0; i < 5; i += 1) expect((await post()).status).toBe(503);
    const response = await post();
    const error = await errorOf(response);
    expect([response.status, error['code'], one.received.length]).toEqual([503, 'upstreams_unavailable', 5]);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(20);
    expect(error['message']).toMatch(/failed 5 times in a row/);
    expect(error['message']).not.toContain(one.origin);
    expect(await gateway.rows()).toMatchObject(Array.from({ length: 6 }, () => ({ status_code: 503 })));
  });

  test('after the rest exactly one of many requests tries, and the rest follow when it went well', async () => {
    add(one.origin);
    const address = gateway.upstreams.addressOf(one.origin);
    for (let i = 0; i < 5; i += 1) {
      address.begin(0, 0);
      address.end('failed', null, 0);
    }
    const release: (() => void)[] = [];
    one.reply = (res) => void release.push(() => res.end('{}'));
    const many = Array.from({ length: 8 }, () => post());
    await until(() => release.length === 1);
    await until(async () => (await gateway.rows()).length === 7);
    release[0]?.();
    const statuses = (await Promise.all(many)).map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([200, 503, 503, 503, 503, 503, 503, 503]);
    one.reply = (res) => void res.end('{}');
    expect((await post()).status).toBe(200);
  });

  test('a trial that streams for minutes lets others through as soon as it answers', async () => {
    add(one.origin);
    const address = gateway.upstreams.addressOf(one.origin);
    for (let i = 0; i < 5; i += 1) {
      address.begin(0, 0);
      address.end('failed', null, 0);
    }
    one.reply = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\n');
    };
    const abort = new AbortController();
    const trial = await post({ ...chat, stream: true }, {}, abort.signal);
    expect(trial.status).toBe(200);
    one.reply = (res) => void res.end('{}');
    expect((await post()).status).toBe(200);
    abort.abort();
  });

  test('one whose health check failed is not asked, and is again when it is well', async () => {
    add(one.origin);
    one.reply = answering(500);
    await gateway.upstreams.refresh(undefined, AbortSignal.timeout(5_000));
    one.received.length = 0;
    expect((await post()).status).toBe(503);
    expect(one.received).toHaveLength(0);
    one.reply = answering(200);
    await gateway.upstreams.refresh([one.origin], AbortSignal.timeout(5_000));
    expect((await post()).status).toBe(200);
  });
});

describe('loops', () => {
  test('two programs that are each other’s upstream answer with what they have, and never in circles', async () => {
    await using other = await startGateway();
    other.upstreams.add({ served_name: 'big', url: gateway.url, api_key: gateway.token });
    add(other.url, { api_key: other.token });
    const response = await post();
    expect([response.status, (await errorOf(response))['code']]).toEqual([508, 'upstream_loop']);
    // With an engine at the other end the same circle works.
    other.routes.set({ servedName: 'big', target: { origin: two.origin, authorization: null } });
    expect((await post()).status).toBe(200);
  });
});
