import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomModelPath, TOOL_CALL_TOKEN } from '../fixtures/gguf/random-model.ts';
import { engineFlags } from './engine.ts';
import { RunningProgram, temporaryDirectory } from './program.ts';

const directory = temporaryDirectory();
let program: RunningProgram;
let client: OpenAI;

beforeAll(async () => {
  program = await RunningProgram.start(directory.path, engineFlags());
  copyFileSync(randomModelPath(), join(program.modelsDir, 'random.gguf'));
  await program.runModel({
    name: 'Random',
    served_model_name: 'random',
    local_path: 'random.gguf',
    context_size: 8192,
    parallel_slots: 4,
  });
  client = new OpenAI({ baseURL: `${program.url}/v1`, apiKey: await program.createKey(), maxRetries: 0 });
});
afterAll(async () => {
  await program?.stop();
  directory[Symbol.dispose]();
});

const messages = [{ role: 'user' as const, content: 'Generate.' }];

test('four requests run at once in four slots, each with its own answer', async () => {
  const answers = await Promise.all(
    [1, 2, 3, 4].map((seed) =>
      client.chat.completions.create({ model: 'random', messages, max_tokens: 48, seed, temperature: 1 }),
    ),
  );
  expect(answers.map((answer) => answer.usage?.completion_tokens)).toEqual([48, 48, 48, 48]);
  expect(new Set(answers.map((answer) => answer.choices[0]?.message.content)).size).toBe(4);
});

test('the same seed gives the same answer: the body goes through unharmed', async () => {
  const ask = () =>
    client.chat.completions.create({ model: 'random', messages, max_tokens: 16, seed: 7, temperature: 1 });
  expect((await ask()).choices[0]?.message.content).toBe((await ask()).choices[0]?.message.content);
});

test('a JSON schema binds the answer', async () => {
  const answer = await client.chat.completions.create({
    model: 'random',
    messages,
    max_tokens: 200,
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'mood',
        schema: {
          type: 'object',
          properties: { mood: { enum: ['calm', 'merry'] } },
          required: ['mood'],
          additionalProperties: false,
        },
      },
    },
  });
  expect(['calm', 'merry']).toContain(
    (JSON.parse(answer.choices[0]?.message.content ?? '{}') as { mood: string }).mood,
  );
});

test('a forced tool call comes back as one, streamed too', async () => {
  const tools = [
    {
      type: 'function' as const,
      function: {
        name: 'weather',
        description: 'The weather',
        parameters: {
          type: 'object',
          properties: { city: { enum: ['Bonn', 'Kyiv'] } },
          required: ['city'],
          additionalProperties: false,
        },
      },
    },
  ];
  // A random model would never open a call by itself; once it is open, the engine's grammar sees to the rest.
  const request = {
    model: 'random',
    messages,
    tools,
    tool_choice: 'required' as const,
    max_tokens: 60,
    logit_bias: { [TOOL_CALL_TOKEN]: 100 },
  };
  const answer = await client.chat.completions.create(request);
  const [call] = answer.choices[0]?.message.tool_calls ?? [];
  expect(call?.type === 'function' && call.function.name).toBe('weather');
  let name = '';
  let parameters = '';
  for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) {
    // The bias makes it call again and again; the first call is what counts.
    const part = chunk.choices[0]?.delta.tool_calls?.find(({ index }) => index === 0);
    name += part?.function?.name ?? '';
    parameters += part?.function?.arguments ?? '';
  }
  expect(name).toBe('weather');
  expect(['Bonn', 'Kyiv']).toContain((JSON.parse(parameters) as { city: string }).city);
});

test('log probabilities pass through', async () => {
  const answer = await client.chat.completions.create({
    model: 'random',
    messages,
    max_tokens: 8,
    logprobs: true,
    top_logprobs: 2,
  });
  const tokens = answer.choices[0]?.logprobs?.content ?? [];
  // Random tokens may be halves of a character, which the engine reports as one.
  expect(tokens.length).toBeGreaterThan(0);
  expect(tokens.every(({ logprob, top_logprobs }) => logprob <= 0 && top_logprobs.length === 2)).toBe(true);
});
