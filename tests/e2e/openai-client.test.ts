import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineFlags } from './engine.ts';
import { RunningProgram, SELF_TEST_FOLDER, SENTENCE, temporaryDirectory } from './program.ts';

interface UsageRow {
  readonly actor: string;
  readonly key_id: number | null;
  readonly model_name: string | null;
  readonly task: string;
  readonly status_code: number;
  readonly error_code: string | null;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly ttft_ms: number | null;
  readonly stream: boolean;
}

const directory = temporaryDirectory();
let program: RunningProgram;
let client: OpenAI;

beforeAll(async () => {
  program = await RunningProgram.start(directory.path, engineFlags());
  await program.runModel({
    name: 'Self test',
    served_model_name: 'self-test',
    local_path: SELF_TEST_FOLDER,
    context_size: 512,
    parallel_slots: 2,
  });
  await program.runModel({
    name: 'Embedder',
    served_model_name: 'lab/embedder',
    local_path: SELF_TEST_FOLDER,
    task: 'embed',
    context_size: 512,
    parallel_slots: 1,
  });
  client = new OpenAI({ baseURL: `${program.url}/v1`, apiKey: await program.createKey(), maxRetries: 0 });
});
afterAll(async () => {
  await program?.stop();
  directory[Symbol.dispose]();
});

const messages = [{ role: 'user' as const, content: 'Say your sentence.' }];
const rows = async () => (await program.admin<UsageRow[]>('GET', '/admin/usage?limit=100')).body;
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as InstanceType<typeof OpenAI.APIError>,
  );

describe('the openai client', () => {
  test('chats without a stream and the usage row has the tokens', async () => {
    const answer = await client.chat.completions.create({ model: 'self-test', messages });
    expect(answer.choices[0]?.message.content).toBe(SENTENCE);
    expect(answer.usage?.completion_tokens).toBe(10);
    const [row] = await rows();
    expect(row).toMatchObject({
      model_name: 'self-test',
      task: 'chat',
      status_code: 200,
      completion_tokens: 10,
      prompt_tokens: answer.usage?.prompt_tokens,
      stream: false,
    });
    expect(row?.ttft_ms).toBeGreaterThan(0);
  });

  test('chats in a stream, gets the usage chunk only when it asks, and is metered either way', async () => {
    for (const asked of [false, true]) {
      const stream = await client.chat.completions.create({
        model: 'self-test',
        messages,
        stream: true,
        ...(asked ? { stream_options: { include_usage: true } } : {}),
      });
      let text = '';
      let usageChunks = 0;
      for await (const chunk of stream) {
        text += chunk.choices[0]?.delta.content ?? '';
        if (chunk.usage) usageChunks += 1;
      }
      expect(text).toBe(SENTENCE);
      expect(usageChunks).toBe(asked ? 1 : 0);
      const [row] = await rows();
      expect(row).toMatchObject({ stream: true, completion_tokens: 10, status_code: 200 });
      expect(row?.ttft_ms).toBeGreaterThan(0);
    }
  });

  test('completes and embeds', async () => {
    const completion = await client.completions.create({ model: 'self-test', prompt: 'x', max_tokens: 4 });
    expect(completion.choices[0]?.text.length).toBeGreaterThan(0);
    const embedding = await client.embeddings.create({
      model: 'lab/embedder',
      input: ['one', 'two'],
      encoding_format: 'float',
    });
    expect(embedding.data.map(({ embedding: values }) => values.length)).toEqual([288, 288]);
    expect((await rows())[0]).toMatchObject({
      task: 'embeddings',
      model_name: 'lab/embedder',
      status_code: 200,
      completion_tokens: 0,
    });
    expect((await rows())[0]?.prompt_tokens).toBeGreaterThan(0);
    const chat = await client.chat.completions.create({ model: 'lab/embedder', messages });
    expect(chat.choices[0]?.message.content).toBe(SENTENCE);
  });

  test("lists the models in OpenAI's shape, one by one too, slashes and all", async () => {
    const names = (await client.models.list()).data.map(({ id, object }) => [id, object]);
    expect(names).toEqual([
      ['lab/embedder', 'model'],
      ['self-test', 'model'],
    ]);
    expect((await client.models.retrieve('lab/embedder')).id).toBe('lab/embedder');
  });

  test('a wrong key, a wrong scope, an unknown model: each its own error, each recorded', async () => {
    const wrongKey = await refusal(
      new OpenAI({ baseURL: `${program.url}/v1`, apiKey: 'ctx_nope', maxRetries: 0 }).chat.completions.create({
        model: 'self-test',
        messages,
      }),
    );
    expect(wrongKey).toBeInstanceOf(OpenAI.AuthenticationError);
    const narrow = new OpenAI({
      baseURL: `${program.url}/v1`,
      apiKey: await program.createKey('embeddings'),
      maxRetries: 0,
    });
    const wrongScope = await refusal(narrow.chat.completions.create({ model: 'self-test', messages }));
    expect([wrongScope?.status, wrongScope?.code]).toEqual([403, 'insufficient_scope']);
    const unknown = await refusal(client.chat.completions.create({ model: 'gpt-9', messages }));
    expect([unknown?.status, unknown?.code, unknown?.param]).toEqual([404, 'model_not_found', 'model']);
    expect(unknown?.message).toContain('"self-test"');
    expect(unknown?.requestID).toBeTruthy();
    expect((await rows()).slice(0, 3).map(({ error_code }) => error_code)).toEqual([
      'model_not_found',
      'insufficient_scope',
      'invalid_api_key',
    ]);
  });

  test('an over-long prompt is refused with both numbers, never cut', async () => {
    const long = [{ role: 'user' as const, content: 'word '.repeat(800) }];
    const error = await refusal(client.chat.completions.create({ model: 'self-test', messages: long }));
    expect([error?.status, error?.code]).toEqual([400, 'context_length_exceeded']);
    const [prompt, context] =
      /prompt has (\d+) tokens.*holds (\d+)/s
        .exec(error?.message ?? '')
        ?.slice(1)
        .map(Number) ?? [];
    expect(prompt).toBeGreaterThan(context ?? Infinity);
    expect(
      await refusal(client.embeddings.create({ model: 'lab/embedder', input: 'word '.repeat(800) })),
    ).toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  test('the playground is told the same, in the middle of its stream', async () => {
    const response = await fetch(`${program.url}/admin/playground/chat`, {
      method: 'POST',
      headers: { authorization: `Bearer ${program.adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'self-test', messages: [{ role: 'user', content: 'word '.repeat(800) }] }),
    });
    const text = await response.text();
    expect(text).toContain('context_length_exceeded');
    expect(text).toMatch(/prompt has \d+ tokens/);
    expect((await rows())[0]).toMatchObject({
      actor: 'owner',
      key_id: null,
      error_code: 'context_length_exceeded',
    });
  });

  test('an aborted stream frees its slot within a second and is recorded', async () => {
    const abort = new AbortController();
    // Engine parameters that OpenAI does not know pass through: without its end token the model goes on and on.
    const endless = { model: 'self-test', prompt: 'x', max_tokens: 450, stream: true as const, ignore_eos: true };
    const stream = await client.completions.create(endless, { signal: abort.signal });
    for await (const _chunk of stream) {
      abort.abort();
      break;
    }
    await expect.poll(async () => (await rows())[0]?.error_code, { timeout: 3_000 }).toBe('client_closed');
    const startedAt = Date.now();
    await Promise.all([1, 2].map(() => client.chat.completions.create({ model: 'self-test', messages })));
    expect(Date.now() - startedAt).toBeLessThan(3_000);
  });

  test('a stopped model answers 503 by name, a started one serves again', async () => {
    const { body } = await program.admin<{ id: number; served_model_name: string }[]>('GET', '/admin/models');
    const id = body.find((model) => model.served_model_name === 'self-test')?.id;
    await program.admin('POST', `/admin/models/${id}/stop`);
    expect(await refusal(client.chat.completions.create({ model: 'self-test', messages }))).toMatchObject({
      status: 503,
      code: 'model_not_running',
    });
    await program.admin('POST', `/admin/models/${id}/start`);
    expect((await client.chat.completions.create({ model: 'self-test', messages })).choices[0]?.message.content).toBe(
      SENTENCE,
    );
  });

  test('request defaults of the model apply to what the client leaves out, without a restart', async () => {
    const { body } = await program.admin<{ id: number; served_model_name: string }[]>('GET', '/admin/models');
    const id = body.find((model) => model.served_model_name === 'self-test')?.id;
    expect((await program.admin('PATCH', `/admin/models/${id}`, { max_tokens: 3 })).body).toMatchObject({
      status: 'ok',
      restart_required: false,
    });
    expect((await client.chat.completions.create({ model: 'self-test', messages })).usage?.completion_tokens).toBe(3);
    expect(
      (await client.chat.completions.create({ model: 'self-test', messages, max_tokens: 5 })).usage?.completion_tokens,
    ).toBe(5);
    await program.admin('PATCH', `/admin/models/${id}`, { max_tokens: null });
    expect((await client.chat.completions.create({ model: 'self-test', messages })).usage?.completion_tokens).toBe(10);
  });
});
