import { request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startGateway } from '../../fakes/gateway.ts';

let gateway: Awaited<ReturnType<typeof startGateway>>;
beforeEach(async () => {
  gateway = await startGateway();
});
afterEach(async () => {
  await gateway[Symbol.asyncDispose]();
});

const until = async (condition: () => boolean | Promise<boolean>) => {
  for (let i = 0; i < 200 && !(await condition()); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(await condition()).toBe(true);
};

function post(
  path: string,
  body: string | object,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(signal ? { signal } : {}),
  });
}
const chat = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const errorOf = async (response: Response) => ((await response.json()) as { error: Record<string, unknown> }).error;

describe('forwarding', () => {
  test("the body goes through byte for byte with the engine's key, never the caller's, and the usage is in the ledger", async () => {
    const body = `{ "model":"m",  "messages":[{"role":"user","content":"héllo"}], "seed": 18446744073709551615 }`;
    const response = await post('/v1/chat/completions', body, { 'x-request-id': 'req-1' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toBe('req-1');
    expect(gateway.engine.received).toMatchObject([
      { path: '/v1/chat/completions', body, headers: { authorization: 'Bearer engine-key', 'x-request-id': 'req-1' } },
    ]);
    await response.text();
    expect(await gateway.rows()).toMatchObject([
      {
        actor: 'key',
        key_id: gateway.keyId,
        model_name: 'm',
        task: 'chat',
        prompt_tokens: 3,
        completion_tokens: 4,
        status_code: 200,
        stream: false,
        req_id: 'req-1',
        error_code: null,
      },
    ]);
    expect((await gateway.rows())[0]?.ttft_ms).toBeGreaterThan(0);
  });

  test('request defaults of the model fill in what the client left out', async () => {
    gateway.routes.set({
      servedName: 'm',
      target: { origin: gateway.engine.origin, authorization: null },
      requestDefaults: { temperature: 0, top_k: 5 },
    });
    await post('/v1/completions', { model: 'm', prompt: 'x', top_k: 7 });
    expect(JSON.parse(gateway.engine.received[0]?.body ?? '')).toEqual({
      temperature: 0,
      model: 'm',
      prompt: 'x',
      top_k: 7,
    });
  });

  test('a stream reaches the client chunk by chunk, its usage is taken and the chunk nobody asked for removed', async () => {
    const steps: (() => void)[] = [];
    gateway.engine.reply = async (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const text of ['one', 'two']) {
        res.write(`data: {"choices":[{"delta":{"content":"${text}"}}]}\n\n`);
        await new Promise<void>((resolve) => steps.push(resolve));
      }
      res.end('data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":2}}\n\ndata: [DONE]\n\n');
    };
    const response = await post('/v1/chat/completions', { ...chat, stream: true });
    expect(JSON.parse(gateway.engine.received[0]?.body ?? '')).toMatchObject({
      stream_options: { include_usage: true },
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const next = async () => Buffer.from((await reader.read()).value ?? []).toString();
    // The engine writes "two" only after "one" arrived here: a held-back chunk would hang.
    expect(await next()).toBe('data: {"choices":[{"delta":{"content":"one"}}]}\n\n');
    steps[0]?.();
    expect(await next()).toBe('data: {"choices":[{"delta":{"content":"two"}}]}\n\n');
    await until(() => steps.length === 2);
    steps[1]?.();
    expect(await next()).toBe('data: [DONE]\n\n');
    await reader.read();
    expect(await gateway.rows()).toMatchObject([
      { stream: true, prompt_tokens: 11, completion_tokens: 2, status_code: 200 },
    ]);
  });

  test('a client that asked for the usage chunk gets it', async () => {
    gateway.engine.reply = (res) => {
      res
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end('data: {"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":0}}\n\ndata: [DONE]\n\n');
    };
    const response = await post('/v1/chat/completions', {
      ...chat,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(await response.text()).toContain('"usage"');
  });

  test("a client that goes away ends the engine's work at once and is recorded with what it had got", async () => {
    gateway.engine.reply = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\n');
    };
    const abort = new AbortController();
    const response = await post('/v1/chat/completions', { ...chat, stream: true }, {}, abort.signal);
    await (response.body as ReadableStream<Uint8Array>).getReader().read();
    abort.abort();
    await until(() => gateway.engine.aborted === 1);
    await until(async () => (await gateway.rows()).length === 1);
    expect(await gateway.rows()).toMatchObject([
      { status_code: 499, error_code: 'client_closed', completion_tokens: 1 },
    ]);
  });

  test('a client that leaves right after the last event has had its answer', async () => {
    gateway.engine.reply = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\ndata: [DONE]\n\n');
    };
    const abort = new AbortController();
    const response = await post('/v1/chat/completions', { ...chat, stream: true }, {}, abort.signal);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    expect(await gateway.rows()).toMatchObject([{ status_code: 200, error_code: null, completion_tokens: 1 }]);
    abort.abort();
    await until(() => gateway.engine.aborted === 1);
    expect(await gateway.rows()).toHaveLength(1);
  });

  test('a client that goes away before the engine began to answer frees it too', async () => {
    gateway.engine.reply = () => undefined;
    const abort = new AbortController();
    const pending = post('/v1/chat/completions', chat, {}, abort.signal).catch(() => null);
    await until(() => gateway.engine.received.length === 1);
    abort.abort();
    await pending;
    await until(() => gateway.engine.aborted === 1);
    await until(async () => (await gateway.rows())[0]?.error_code === 'client_closed');
  });

  test('a slow reader does not make the gateway collect the answer', async () => {
    const megabyte = 'x'.repeat(1024 * 1024);
    let written = 0;
    gateway.engine.reply = async (res) => {
      res.writeHead(200, { 'content-type': 'application/octet-stream' });
      for (let i = 0; i < 64 && !res.destroyed; i += 1) {
        if (!res.write(megabyte))
          await Promise.race([
            new Promise((resolve) => res.once('drain', resolve)),
            new Promise((resolve) => res.once('close', resolve)),
          ]);
        written += 1;
      }
      res.end();
    };
    const abort = new AbortController();
    await post('/v1/chat/completions', chat, {}, abort.signal);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(written).toBeLessThan(40);
    abort.abort();
  });
});

describe('refusals', () => {
  test('no key, a wrong key, a wrong scope', async () => {
    const none = await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', body: '{}' });
    expect([none.status, await errorOf(none)]).toMatchObject([
      401,
      { code: 'missing_api_key', type: 'authentication_error' },
    ]);
    const wrong = await post('/v1/chat/completions', chat, { authorization: 'Bearer ctx_wrong' });
    expect([wrong.status, await errorOf(wrong)]).toMatchObject([401, { code: 'invalid_api_key' }]);
    const { token } = gateway.keys.create({ name: '', scopes: ['completions'] });
    const scope = await post('/v1/chat/completions', chat, { authorization: `Bearer ${token}` });
    expect([scope.status, await errorOf(scope)]).toMatchObject([403, { code: 'insufficient_scope' }]);
    expect(
      (await post('/v1/completions', { model: 'm', prompt: '' }, { authorization: `Bearer ${token}` })).status,
    ).toBe(200);
    expect((await gateway.rows()).map((row) => [row.actor, row.status_code, row.error_code])).toEqual([
      ['key', 200, null],
      ['key', 403, 'insufficient_scope'],
      ['anonymous', 401, 'invalid_api_key'],
      ['anonymous', 401, 'missing_api_key'],
    ]);
  });

  test('x-api-key is the same check', async () => {
    const headers = { 'content-type': 'application/json' };
    const send = (key: string) =>
      fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { ...headers, 'x-api-key': key },
        body: JSON.stringify(chat),
      });
    expect((await send(gateway.token)).status).toBe(200);
    expect((await send('nope')).status).toBe(401);
    const both = await post('/v1/chat/completions', chat, { authorization: 'Bearer nope', 'x-api-key': gateway.token });
    expect(both.status).toBe(401);
  });

  test('a revoked key ends at once, an expired one too', async () => {
    const { id, token } = gateway.keys.create({ name: '', scopes: ['chat'] });
    gateway.keys.revoke(id);
    expect((await post('/v1/chat/completions', chat, { authorization: `Bearer ${token}` })).status).toBe(401);
    const brief = gateway.keys.create({ name: '', scopes: ['chat'], expires_at: Date.now() / 1000 + 0.05 });
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect((await post('/v1/chat/completions', chat, { authorization: `Bearer ${brief.token}` })).status).toBe(401);
  });

  test.each([
    ['{"model":', 400, 'invalid_json'],
    ['[]', 400, 'invalid_json'],
    ['{}', 400, 'validation_failed'],
    ['{"model":7}', 400, 'validation_failed'],
    ['{"model":"nope"}', 404, 'model_not_found'],
  ])('%s is answered %i %s', async (body, status, code) => {
    const response = await post('/v1/chat/completions', body);
    expect([response.status, await errorOf(response)]).toMatchObject([
      status,
      { code, param: code === 'model_not_found' ? 'model' : null },
    ]);
    expect((await gateway.rows())[0]).toMatchObject({ status_code: status, error_code: code });
  });

  test("a form's content type is refused before the body is read", async () => {
    const response = await post('/v1/chat/completions', chat, { 'content-type': 'text/plain' });
    expect([response.status, await errorOf(response)]).toMatchObject([415, { code: 'unsupported_media_type' }]);
  });

  test('33 MiB are refused, declared or chunked, and the gateway goes on', async () => {
    const big = Buffer.alloc(33 * 1024 * 1024, 'x');
    const headers = { authorization: `Bearer ${gateway.token}`, 'content-type': 'application/json' };
    const send = (chunked: boolean) =>
      new Promise<{ status: number; body: string }>((resolve, reject) => {
        const req = httpRequest(
          `${gateway.url}/v1/chat/completions`,
          {
            method: 'POST',
            headers: chunked
              ? { ...headers, 'transfer-encoding': 'chunked' }
              : { ...headers, 'content-length': big.length },
          },
          (res) => {
            let body = '';
            res.on('data', (chunk: Buffer) => (body += chunk.toString()));
            res.on('end', () => resolve({ status: res.statusCode ?? 0, body }));
          },
        );
        // The server answers before it has read all: the rest of the upload may fail, the answer is there.
        req.on('error', (error) => setTimeout(() => reject(error), 500));
        req.end(big);
      });
    for (const chunked of [false, true]) {
      const { status, body } = await send(chunked);
      expect([status, JSON.parse(body)]).toMatchObject([413, { error: { code: 'body_too_large' } }]);
    }
    expect((await post('/v1/chat/completions', chat)).status).toBe(200);
  });

  test('a loading model answers 503 with Retry-After', async () => {
    gateway.routes.set({ servedName: 'slow', state: 'loading' });
    const response = await post('/v1/chat/completions', { ...chat, model: 'slow' });
    expect([response.status, response.headers.get('retry-after'), await errorOf(response)]).toMatchObject([
      503,
      '5',
      { code: 'model_loading' },
    ]);
  });

  test('a foreign Host and a foreign Origin are refused', async () => {
    const foreignHost = await new Promise<number | undefined>((resolve) => {
      httpRequest(
        `${gateway.url}/v1/models`,
        { headers: { host: 'evil.example', authorization: `Bearer ${gateway.token}` } },
        (res) => resolve(res.resume().statusCode),
      ).end();
    });
    expect(foreignHost).toBe(403);
    const foreignOrigin = await post('/v1/chat/completions', chat, { origin: 'https://evil.example' });
    expect([foreignOrigin.status, await errorOf(foreignOrigin)]).toMatchObject([403, { code: 'origin_not_allowed' }]);
    const listed = await post('/v1/chat/completions', chat, { origin: 'https://chat.example' });
    expect([listed.status, listed.headers.get('access-control-allow-origin')]).toEqual([200, 'https://chat.example']);
    expect(gateway.engine.received).toHaveLength(1);
  });
});

describe('a failing engine', () => {
  test("its refusals keep their words in OpenAI's shape", async () => {
    gateway.engine.reply = (res) => {
      res
        .writeHead(400, { 'content-type': 'application/json' })
        .end(
          '{"error":{"code":400,"message":"request (900 tokens) exceeds the available context size (256 tokens), try increasing it","type":"exceed_context_size_error"}}',
        );
    };
    const response = await post('/v1/chat/completions', { ...chat, stream: true });
    const error = await errorOf(response);
    expect([response.status, error['code']]).toEqual([400, 'context_length_exceeded']);
    expect(error['message']).toMatch(/900 tokens.*256/);
  });

  test('one that dies in the middle of a stream ends it with an error event', async () => {
    gateway.engine.reply = (res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write('data: {"choices":[{"delta":{"content":"one"}}]}\n\n');
      setTimeout(() => res.destroy(), 20);
    };
    const text = await (await post('/v1/chat/completions', { ...chat, stream: true })).text();
    expect(text).toContain('"content":"one"');
    expect(text).toContain('"code":"upstream_unreachable"');
    expect(await gateway.rows()).toMatchObject([
      { status_code: 502, error_code: 'upstream_unreachable', completion_tokens: 1 },
    ]);
  });

  test('one that is not there is a 502 with a reason, not a hang', async () => {
    gateway.routes.set({ servedName: 'gone', target: { origin: 'http://127.0.0.1:9', authorization: null } });
    const response = await post('/v1/chat/completions', { ...chat, model: 'gone' });
    expect([response.status, await errorOf(response)]).toMatchObject([502, { code: 'upstream_unreachable' }]);
  });

  test("one that never answers runs into the model's own time limit", async () => {
    gateway.engine.reply = () => undefined;
    gateway.routes.set({
      servedName: 'm',
      target: { origin: gateway.engine.origin, authorization: null },
      requestTimeoutMs: 1_000,
    });
    const response = await post('/v1/chat/completions', chat);
    expect([response.status, await errorOf(response)]).toMatchObject([504, { code: 'upstream_timeout' }]);
  });

  test('a kept-alive connection that the engine closed meanwhile is tried once more', async () => {
    await (await post('/v1/chat/completions', chat)).text();
    let first = true;
    gateway.engine.reply = (res) => {
      if (first) {
        first = false;
        res.socket?.destroy();
        return;
      }
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    };
    expect((await post('/v1/chat/completions', chat)).status).toBe(200);
  });
});

describe('waiting for a load', () => {
  test('with a deadline the request waits and is answered when the model is ready', async () => {
    await using waiting = await startGateway({ waitForLoadMs: 5_000 });
    waiting.routes.set({ servedName: 'm', state: 'loading' });
    const pending = fetch(`${waiting.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${waiting.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(chat),
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(waiting.engine.received).toHaveLength(0);
    waiting.routes.set({
      servedName: 'm',
      state: 'running',
      target: { origin: waiting.engine.origin, authorization: null },
    });
    expect((await pending).status).toBe(200);
  });
});

describe('the rest of /v1', () => {
  test("models in OpenAI's shape, with a key only; unknown routes and methods say so", async () => {
    gateway.routes.set({ servedName: 'org/name' });
    const get = (path: string, init: RequestInit = {}) =>
      fetch(gateway.url + path, { headers: { authorization: `Bearer ${gateway.token}` }, ...init });
    expect(await (await get('/v1/models')).json()).toMatchObject({
      object: 'list',
      data: [{ id: 'm', object: 'model', owned_by: 'cortex' }, { id: 'org/name' }],
    });
    expect(await (await get('/v1/models/org/name')).json()).toMatchObject({ id: 'org/name' });
    expect((await get('/v1/models/none')).status).toBe(404);
    expect((await fetch(`${gateway.url}/v1/models`)).status).toBe(401);
    expect((await get('/v1/chat/completions')).status).toBe(405);
    expect((await get('/v1/audio/speech')).status).toBe(404);
  });
});
