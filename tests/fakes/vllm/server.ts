import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Values } from './arguments.ts';
import { printCrash } from './failures.ts';
import { api, pause } from './log.ts';
import { metricsText, type Counts } from './metrics.ts';
import { StartFailure } from './model.ts';
import type { Pretence } from './pretence.ts';
import type { StartedEngine } from './start.ts';

const SENTENCE = ['Hello', ' from', ' the', ' stand-in', ' for', ' vLLM', '.'];
const DIMENSIONS = 8;

interface Service {
  readonly names: readonly string[];
  readonly key: string | null;
  readonly started: StartedEngine;
  readonly counts: Counts;
  asleep: boolean;
}

/** Opens the port, which vLLM does only when everything is loaded, and answers until it is ended. */
export async function serve(values: Values, started: StartedEngine, pretence: Pretence): Promise<void> {
  const service: Service = {
    names: values.list('served-model-name').length > 0 ? values.list('served-model-name') : [started.model.path],
    key: process.env['VLLM_API_KEY'] ?? null,
    started,
    counts: { running: 0, promptTokens: 0, generationTokens: 0, finished: 0, seconds: [] },
    asleep: false,
  };
  const server = createServer((request, response) => {
    answer(request, response, service).catch((error: unknown) =>
      send(response, 500, { error: { message: String(error) } }),
    );
  });
  const port = values.number('port') ?? 8000;
  const host = values.text('host') ?? '0.0.0.0';
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' ? new StartFailure('api', 'OSError: [Errno 98] Address already in use') : error,
      ),
    );
    server.listen(port, host, resolve);
  });
  api('INFO', 'api_server.py:548', `Supported tasks: [${started.model.pooling ? "'embed'" : "'generate'"}]`);
  api('INFO', 'launcher.py:51', `Starting vLLM server on http://${host}:${port}`);
  api('INFO', 'launcher.py:58', 'Available routes are:');
  process.stderr.write(`(APIServer pid=${process.pid}) INFO:     Started server process [${process.pid}]\n`);
  process.stderr.write(`(APIServer pid=${process.pid}) INFO:     Application startup complete.\n`);
  if (pretence.crashMs !== null) void pause(pretence.crashMs).then(crash);
}

function crash(): void {
  printCrash();
  process.exit(1);
}

async function answer(request: IncomingMessage, response: ServerResponse, service: Service): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://engine');
  // The key guards these paths and no others.
  if (/^\/(?:v1|v2|inference)\//.test(pathname) && service.key !== null && !isAllowed(request, service.key)) {
    return send(response, 401, { error: 'Unauthorized' });
  }
  const route = `${request.method ?? 'GET'} ${pathname}`;
  switch (route) {
    case 'GET /health':
    case 'GET /ping':
      return void response.writeHead(200).end();
    case 'GET /version':
      return send(response, 200, { version: '0.29.0' });
    case 'GET /load':
      return send(response, 200, { server_load: service.counts.running });
    case 'GET /metrics':
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      return void response.end(metricsText(service.names[0] ?? '', service.counts, service.started.kvTokens));
    case 'GET /v1/models':
      return send(response, 200, { object: 'list', data: service.names.map((name) => card(name, service)) });
    case 'POST /v1/chat/completions':
    case 'POST /v1/completions':
      return generate(pathname, await body(request), response, service);
    case 'POST /v1/embeddings':
      return embed(await body(request), response, service);
    default:
      return sleepRoute(route, searchParams, response, service);
  }
}

function isAllowed(request: IncomingMessage, key: string): boolean {
  return request.headers.authorization === `Bearer ${key}`;
}

function card(name: string, { started }: Service) {
  return {
    id: name,
    object: 'model',
    created: 1_700_000_000,
    owned_by: 'vllm',
    root: started.model.path,
    parent: null,
    max_model_len: started.maxLength,
    permission: [],
  };
}

type Body = Readonly<Record<string, unknown>>;

async function body(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}') as Body;
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function refuse(response: ServerResponse, code: number, type: string, message: string): void {
  send(response, code, { error: { message, type, param: null, code } });
}

/** Words stand for tokens. */
function tokensOf(value: unknown): number {
  return (typeof value === 'string' ? value : JSON.stringify(value ?? '')).split(/\s+/).filter((word) => word !== '')
    .length;
}

function isServed(given: Body, response: ServerResponse, { names }: Service): boolean {
  if (names.includes(String(given['model']))) return true;
  refuse(response, 404, 'NotFoundError', `The model \`${String(given['model'])}\` does not exist.`);
  return false;
}

async function generate(path: string, given: Body, response: ServerResponse, service: Service): Promise<void> {
  if (!isServed(given, response, service)) return;
  if (service.started.model.pooling) {
    return refuse(response, 400, 'BadRequestError', 'The model does not support Chat Completions API');
  }
  const prompt = tokensOf(given['messages'] ?? given['prompt']);
  const { maxLength } = service.started;
  if (prompt > maxLength) {
    const message = `This model's maximum context length is ${maxLength} tokens. However, your request has ${prompt} input tokens. Please reduce the length of the input messages.`;
    return refuse(response, 400, 'BadRequestError', message);
  }
  const most = given['max_completion_tokens'] ?? given['max_tokens'];
  const words = typeof most === 'number' ? SENTENCE.slice(0, most) : SENTENCE;
  const reply: Reply = {
    id: `${path.includes('chat') ? 'chatcmpl' : 'cmpl'}-${randomUUID()}`,
    chat: path.includes('chat'),
    model: String(given['model']),
    words,
    finish: words.length < SENTENCE.length ? 'length' : 'stop',
    usage: { prompt_tokens: prompt, total_tokens: prompt + words.length, completion_tokens: words.length },
  };
  await counted(service, reply, () =>
    given['stream'] === true ? stream(given, reply, response) : whole(reply, response),
  );
}

interface Reply {
  readonly id: string;
  readonly chat: boolean;
  readonly model: string;
  readonly words: readonly string[];
  readonly finish: 'stop' | 'length';
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number; readonly completion_tokens: number };
}

async function counted({ counts }: Service, reply: Reply, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  counts.running += 1;
  try {
    await work();
  } finally {
    counts.running -= 1;
    counts.finished += 1;
    counts.promptTokens += reply.usage.prompt_tokens;
    counts.generationTokens += reply.usage.completion_tokens;
    counts.seconds.push((performance.now() - began) / 1000);
  }
}

async function whole(reply: Reply, response: ServerResponse): Promise<void> {
  const text = reply.words.join('');
  const choice = reply.chat
    ? {
        index: 0,
        message: { role: 'assistant', content: text, tool_calls: [] },
        logprobs: null,
        finish_reason: reply.finish,
      }
    : { index: 0, text, logprobs: null, finish_reason: reply.finish };
  send(response, 200, { ...head(reply, ''), choices: [choice], usage: reply.usage });
}

function head({ id, chat, model }: Reply, suffix: string) {
  const object = chat ? `chat.completion${suffix}` : 'text_completion';
  return { id, object, created: Math.floor(Date.now() / 1000), model };
}

async function stream(given: Body, reply: Reply, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
  const write = (choices: readonly unknown[], usage?: unknown) => {
    const chunk = { ...head(reply, '.chunk'), choices, ...(usage === undefined ? {} : { usage }) };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  const delta = (content: string) =>
    reply.chat
      ? { index: 0, delta: { content }, logprobs: null, finish_reason: null }
      : { index: 0, text: content, logprobs: null, finish_reason: null };
  if (reply.chat) write([{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }]);
  for (const word of reply.words) {
    if (response.destroyed) return;
    write([delta(word)]);
    await pause(2);
  }
  write([{ ...delta(''), finish_reason: reply.finish }]);
  const options = given['stream_options'] as { include_usage?: boolean } | undefined;
  if (options?.include_usage === true) write([], reply.usage);
  response.end('data: [DONE]\n\n');
}

function embed(given: Body, response: ServerResponse, service: Service): void {
  if (!isServed(given, response, service)) return;
  if (!service.started.model.pooling) {
    return refuse(response, 400, 'BadRequestError', 'The model does not support Embeddings API');
  }
  const inputs = Array.isArray(given['input']) ? given['input'] : [given['input']];
  const tokens = inputs.reduce<number>((sum, input) => sum + tokensOf(input), 0);
  service.counts.promptTokens += tokens;
  send(response, 200, {
    id: `embd-${randomUUID()}`,
    object: 'list',
    model: String(given['model']),
    data: inputs.map((input, index) => ({ index, object: 'embedding', embedding: vectorOf(String(input)) })),
    usage: { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0 },
  });
}

/** The same text has the same vector, of length 1. */
function vectorOf(text: string): number[] {
  const raw = Array.from(
    { length: DIMENSIONS },
    (_, at) => 1 + ((text.charCodeAt(at % Math.max(1, text.length)) || 0) % 17),
  );
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}

/** Only in developer mode, and without a key: as vLLM has it. */
function sleepRoute(route: string, query: URLSearchParams, response: ServerResponse, service: Service): void {
  if (process.env['VLLM_SERVER_DEV_MODE'] === '1') {
    if (route === 'GET /is_sleeping') return send(response, 200, { is_sleeping: service.asleep });
    if (route === 'POST /sleep' || route === 'POST /wake_up') {
      service.asleep = route === 'POST /sleep' && query.get('level') !== '0';
      return void response.writeHead(200).end();
    }
  }
  send(response, 404, { detail: 'Not Found' });
}
