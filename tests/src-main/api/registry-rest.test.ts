import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ApiHost } from '../../../src-main/api/context.ts';
import { createRestHandler } from '../../../src-main/api/rest.ts';
import { Sealer } from '../../../src-main/core/services/access/sealed.ts';
import { Exchange } from '../../../src-main/core/services/exchange/exchange.ts';
import { Recipes } from '../../../src-main/core/services/recipes/recipes.ts';
import { Upstreams } from '../../../src-main/core/services/upstreams/upstreams.ts';
import { openStore } from '../../../src-main/core/store/open.ts';
import { RecipeTable } from '../../../src-main/core/store/recipes.ts';
import { RegistryTable } from '../../../src-main/core/store/registry.ts';
import { EngineStub } from '../../fakes/engine-stub.ts';
import { StubRoutes } from '../../fakes/gateway.ts';
import { SELF_TEST_MODEL, Workbench } from '../../fixtures/workbench.ts';

let stack: AsyncDisposableStack;
let call: (method: string, path: string, body?: object) => Promise<{ status: number; body: unknown }>;
let modelId: number;
let engine: EngineStub;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const bench = stack.use(new Workbench({ executable: '/opt/engine/llama-server' }));
  engine = stack.use(await EngineStub.start());
  const db = openStore(':memory:');
  stack.defer(() => void db.close());
  const routes = new StubRoutes();
  routes.set({ servedName: 'own/model', modelId: 5, target: { origin: engine.origin, authorization: null } });
  const clock = { now: () => 1_000 };
  const log = pino({ level: 'silent' });
  const sealer = new Sealer(Buffer.alloc(32, 1));
  const upstreams = stack.use(new Upstreams({ table: new RegistryTable(db), sealer, routes, clock, log }));
  const recipes = new Recipes({ table: new RecipeTable(db), models: bench.table, clock });
  const exchange = new Exchange({ models: bench.table, sources: bench.sources });
  modelId = await bench.add(SELF_TEST_MODEL, { context_size: 512 });
  const bugs: unknown[] = [];
  // The parts of the program that these routes reach.
  const host = { center: { upstreams, recipes, exchange }, logBug: (bug: unknown) => bugs.push(bug) };
  const rest = createRestHandler({
    host: host as unknown as ApiHost,
    authenticate: () => ({ kind: 'owner', via: 'token' }),
  });
  const server = createServer((req, res) => void rest(req, res, 'r'));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  stack.defer(() => void server.close());
  stack.defer(() => expect(bugs).toEqual([]));
  const { port } = server.address() as AddressInfo;
  call = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    return { status: response.status, body: await response.json() };
  };
});
afterEach(() => stack.disposeAsync());

const names = async () => Object.keys((await call('GET', '/admin/models/registry')).body as object).toSorted();
const codeOf = ({ status, body }: { status: number; body: unknown }) => [
  status,
  (body as { error?: { code: string } }).error?.code,
];

test('an entry is removed by query, by body and by path, names with slashes in each', async () => {
  for (const served_name of ['a', 'org/b', 'org/c', 'org/d e', 'org/f']) {
    expect(await call('POST', '/admin/models/registry', { served_name, url: 'http://h:1' })).toEqual({
      status: 200,
      body: { status: 'ok' },
    });
  }
  expect((await call('DELETE', '/admin/models/registry?served_name=org/b')).status).toBe(200);
  expect((await call('DELETE', '/admin/models/registry', { served_name: 'a' })).status).toBe(200);
  expect((await call('DELETE', '/admin/models/registry/org/c')).status).toBe(200);
  expect((await call('DELETE', '/admin/models/registry/org%2Fd%20e')).status).toBe(200);
  expect(codeOf(await call('DELETE', '/admin/models/registry/org/f?url=http://h:2'))).toEqual([404, 'not_found']);
  expect((await call('DELETE', '/admin/models/registry/org/f?url=http://h:1/v1')).status).toBe(200);
  expect(await names()).toEqual(['own/model']);
});

test('what cannot be removed or added is refused with its reason', async () => {
  expect(codeOf(await call('DELETE', '/admin/models/registry/own/model'))).toEqual([409, 'registry_entry_is_own']);
  expect(codeOf(await call('DELETE', '/admin/models/registry'))).toEqual([400, 'validation_failed']);
  expect(codeOf(await call('DELETE', '/admin/models/registry/nobody'))).toEqual([404, 'not_found']);
  expect(codeOf(await call('PUT', '/admin/models/registry/a/b'))).toEqual([405, 'method_not_allowed']);
  for (const wrong of [
    {},
    { served_name: 'x' },
    { served_name: 'x', url: 'ftp://h' },
    { served_name: 'x', url: 'http://h', api_key: 'two words' },
  ]) {
    expect(codeOf(await call('POST', '/admin/models/registry', wrong))).toEqual([400, 'validation_failed']);
  }
});

test('health is asked for without a body and with one', async () => {
  const answer = { results: [{ url: engine.origin, status: 'up', elapsed_sec: expect.any(Number) as number }] };
  expect(await call('POST', '/admin/upstreams/refresh-health')).toEqual({ status: 200, body: answer });
  expect(await call('POST', '/admin/upstreams/refresh-health', {})).toEqual({ status: 200, body: answer });
  expect(await call('POST', '/admin/upstreams/refresh-health', { urls: [engine.origin] })).toEqual({
    status: 200,
    body: answer,
  });
  expect((await call('GET', '/admin/upstreams')).body).toMatchObject({
    circuit_breakers: { [engine.origin]: 'closed' },
    health: { [engine.origin]: { ok: true, ts: 1 } },
    meta: { [engine.origin]: { served_names: ['own/model'], category: 'generate' } },
    registry: { 'own/model': { url: engine.origin, task: 'generate', engine_type: 'llamacpp' } },
    now: 1,
    health_ttl_sec: 30,
  });
});

test('recipes over their whole life', async () => {
  const made = await call('POST', `/admin/recipes/from-model/${modelId}`, { name: 'One' });
  expect(made).toMatchObject({ status: 200, body: { name: 'One', configuration: { context_size: 512 } } });
  const { id } = made.body as { id: number };
  expect(codeOf(await call('POST', `/admin/recipes/from-model/${modelId}`, { name: 'one' }))).toEqual([
    409,
    'recipe_name_in_use',
  ]);
  expect(
    (await call('POST', '/admin/recipes', { name: 'Two', configuration: { engine_type: 'llamacpp' } })).status,
  ).toBe(200);
  expect(codeOf(await call('POST', '/admin/recipes', { name: ' ', configuration: {} }))).toEqual([
    400,
    'validation_failed',
  ]);
  expect(await call('PATCH', `/admin/recipes/${id}`, { description: 'said' })).toMatchObject({
    body: { name: 'One', description: 'said' },
  });
  const found = await call('GET', '/admin/recipes?q=said&engine_type=llamacpp&limit=5&offset=0');
  expect(found.body).toMatchObject([{ id, name: 'One' }]);
  expect(await call('GET', `/admin/recipes/${id}`)).toMatchObject({ status: 200, body: { id } });
  expect((await call('DELETE', `/admin/recipes/${id}`)).status).toBe(200);
  expect(codeOf(await call('GET', `/admin/recipes/${id}`))).toEqual([404, 'not_found']);
});

test('a configuration goes out and comes back in', async () => {
  const { body } = await call('GET', `/admin/models/${modelId}/export?format=cortex`);
  const { text } = body as { text: string };
  expect(await call('POST', '/admin/models/parse', { text })).toMatchObject({
    status: 200,
    body: { source: 'cortex', draft: { context_size: 512, local_path: SELF_TEST_MODEL }, dropped: [] },
  });
  expect((await call('GET', `/admin/models/${modelId}/export?format=kubernetes`)).status).toBe(200);
  expect(codeOf(await call('GET', `/admin/models/${modelId}/export?format=word`))).toEqual([400, 'validation_failed']);
  expect(codeOf(await call('POST', '/admin/models/parse', { text: 'vllm serve $(x)' }))).toEqual([
    400,
    'validation_failed',
  ]);
});
