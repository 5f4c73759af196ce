import { hostname } from 'node:os';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Upstreams as UpstreamsAnswer } from '../../../../../src-main/contract/upstreams.ts';
import { Sealer } from '../../../../../src-main/core/services/access/sealed.ts';
import { Upstreams } from '../../../../../src-main/core/services/upstreams/upstreams.ts';
import { openStore, type Store } from '../../../../../src-main/core/store/open.ts';
import { RegistryTable } from '../../../../../src-main/core/store/registry.ts';
import { EngineStub } from '../../../../fakes/engine-stub.ts';
import { StubRoutes } from '../../../../fakes/gateway.ts';

let db: Store;
let routes: StubRoutes;
let now: number;
let stub: EngineStub;
let upstreams: Upstreams;
const open = (secret = 1) =>
  new Upstreams({
    table: new RegistryTable(db),
    sealer: new Sealer(Buffer.alloc(32, secret)),
    routes,
    clock: { now: () => now },
    log: pino({ level: 'silent' }),
  });
beforeEach(async () => {
  db = openStore(':memory:');
  routes = new StubRoutes();
  now = 1_000_000;
  stub = await EngineStub.start();
  stub.reply = (res, { path }) => {
    if (path === '/health') res.writeHead(200).end('ok');
    else res.writeHead(200).end('{"data":[{"id":"a"},{"id":"org/b"},{"no":1},null]}');
  };
  upstreams = open();
});
afterEach(async () => {
  await upstreams[Symbol.asyncDispose]();
  await stub[Symbol.asyncDispose]();
  db.close();
});
const never = AbortSignal.timeout(60_000);
const refusal = (work: () => unknown) => {
  try {
    work();
    return null;
  } catch (error) {
    return error as { code: string; message: string };
  }
};

describe('the registry', () => {
  it('keeps an entry over a restart, its key sealed and never shown', async () => {
    upstreams.add({ served_name: 'org/big', url: `${stub.origin}/v1/`, api_key: 'sk-secret', upstream_model: 'b' });
    expect(JSON.stringify(db.prepare('SELECT * FROM registry').all())).not.toContain('sk-secret');
    await using again = open();
    expect(again.foreign('org/big')?.upstreams).toMatchObject([
      { origin: stub.origin, authorization: 'Bearer sk-secret', upstreamModel: 'b', task: 'generate' },
    ]);
    const shown = again.list();
    expect(JSON.stringify(shown)).not.toContain('sk-secret');
    expect(shown.registry).toEqual({
      'org/big': {
        url: stub.origin,
        task: 'generate',
        engine_type: null,
        upstreams: [
          {
            url: stub.origin,
            task: 'generate',
            engine_type: null,
            upstream_model: 'b',
            has_api_key: true,
            model_id: null,
            enabled: true,
          },
        ],
      },
    });
    // Another secret, after a data directory was mixed up: the rest of the program goes on.
    await using other = open(2);
    expect(other.foreign('org/big')?.upstreams[0]?.authorization).toBeNull();
  });

  it('a second addition changes only what it names; null forgets the key', () => {
    upstreams.add({ served_name: 'x', url: 'http://a', task: 'embed', api_key: 'k', upstream_model: 'y' });
    upstreams.add({ served_name: 'x', url: 'http://a/v1', engine_type: 'vllm' });
    expect(upstreams.foreign('x')?.upstreams).toMatchObject([
      { task: 'embed', authorization: 'Bearer k', upstreamModel: 'y', engine: 'vllm' },
    ]);
    upstreams.add({ served_name: 'x', url: 'http://a', api_key: null, upstream_model: null });
    expect(upstreams.foreign('x')?.upstreams).toMatchObject([{ authorization: null, upstreamModel: null }]);
  });

  it('one of several servers can be removed, a model of ours cannot', () => {
    routes.set({ servedName: 'm', modelId: 4, target: { origin: 'http://127.0.0.1:9', authorization: 'Bearer e' } });
    upstreams.add({ served_name: 'm', url: 'http://a' });
    upstreams.add({ served_name: 'm', url: 'http://b' });
    expect(upstreams.registry()['m']?.upstreams.map(({ url, model_id }) => [url, model_id])).toEqual([
      ['http://127.0.0.1:9', 4],
      ['http://a', null],
      ['http://b', null],
    ]);
    expect(refusal(() => upstreams.remove('m', 'http://c'))?.code).toBe('not_found');
    upstreams.remove('m', 'http://a/v1');
    upstreams.remove('m', null);
    expect(refusal(() => upstreams.remove('m', null))?.code).toBe('registry_entry_is_own');
    expect(refusal(() => upstreams.remove('n', null))?.code).toBe('not_found');
  });

  it('does not take this program itself, a password in an address, or an address of a cloud’s credentials', () => {
    upstreams.listeningOn('0.0.0.0', 8084);
    for (const url of [
      'http://localhost:8084',
      'http://127.0.0.1:8084/v1',
      'http://[::ffff:127.0.0.1]:8084',
      'http://localhost.:8084',
      `http://${hostname()}:8084`,
      'http://u:p@a',
      'http://169.254.169.254',
      'x',
    ]) {
      expect(refusal(() => upstreams.add({ served_name: 'x', url }))?.code).toBe('validation_failed');
    }
    expect(upstreams.registry()).toEqual({});
  });
});

describe('health', () => {
  it('asks every server when none is named, our own running engines too (Cortex forgot those)', async () => {
    await using own = await EngineStub.start();
    routes.set({ servedName: 'm', target: { origin: own.origin, authorization: 'Bearer engine' } });
    routes.set({ servedName: 'off', state: 'stopped' });
    upstreams.add({ served_name: 'x', url: stub.origin, api_key: 'k' });
    upstreams.add({ served_name: 'y', url: stub.origin });
    upstreams.add({ served_name: 'z', url: 'http://127.0.0.1:1', enabled: false });
    const { results } = await upstreams.refresh(undefined, never);
    expect(results.map(({ url, status }) => [url, status])).toEqual([
      [own.origin, 'up'],
      [stub.origin, 'up'],
    ]);
    const answer = UpstreamsAnswer.parse(upstreams.list());
    expect(answer.meta[stub.origin]).toMatchObject({
      last_status_code: 200,
      last_error: null,
      last_ok_ts: 1_000,
      last_fail_ts: null,
      consecutive_fails: 0,
      category: 'generate',
      models: ['a', 'org/b'],
      served_names: ['x', 'y'],
      breaker: { state: 'closed', cooldown_remaining_sec: 0, consecutive_fails: 0 },
      in_flight: 0,
    });
    expect(answer.health).toEqual({ [own.origin]: { ok: true, ts: 1_000 }, [stub.origin]: { ok: true, ts: 1_000 } });
    expect([answer.now, answer.health_ttl_sec, answer.lb_index]).toEqual([1_000, 30, { m: 0, x: 0, y: 0, z: 0 }]);
    expect(stub.received.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/health', 'Bearer k'],
      ['/v1/models', 'Bearer k'],
    ]);
  });

  it.each([
    ['a refused key, though its /health is open', 200, 401, 'err:401', 'it refused our key'],
    ['no /health but a list of models', 404, 200, 'up', null],
    ['neither', 404, 404, 'err:404', 'it has neither /health nor /v1/models; check the address'],
    ['still loading', 503, 200, 'err:503', 'it is loading or overloaded (status 503)'],
    ['a redirect', 302, 302, 'err:302', 'it answered with a redirect, which is not followed'],
    ['well, without a list', 200, 404, 'up', null],
  ])('%s', async (_what, health, models, status, problem) => {
    stub.reply = (res, { path }) => {
      res.writeHead(path === '/health' ? health : models, { location: '/elsewhere' }).end('{"data":[]}');
    };
    upstreams.add({ served_name: 'x', url: stub.origin });
    expect((await upstreams.refresh([`${stub.origin}/v1`], never)).results).toMatchObject([
      { url: stub.origin, status },
    ]);
    expect(upstreams.list().meta[stub.origin]?.last_error).toBe(problem);
  });

  it('a server that never answers holds nobody up: it is an error within seconds, the others are not waited for', async () => {
    await using dead = await EngineStub.start();
    dead.reply = () => undefined;
    upstreams.add({ served_name: 'x', url: dead.origin });
    upstreams.add({ served_name: 'x', url: stub.origin });
    const { results } = await upstreams.refresh(undefined, never);
    expect(results.map(({ status }) => status)).toEqual(['error', 'up']);
    expect(upstreams.list().meta[dead.origin]?.last_error).toBe('it gave no answer in time');
  });

  it('five failed checks open the breaker, one good check closes it, fifty are remembered', async () => {
    upstreams.add({ served_name: 'x', url: stub.origin });
    const well = stub.reply;
    stub.reply = (res) => void res.writeHead(500).end();
    for (let i = 0; i < 5; i += 1) await upstreams.refresh(undefined, never);
    expect(upstreams.list().circuit_breakers).toEqual({ [stub.origin]: 'open' });
    expect(upstreams.list().meta[stub.origin]?.breaker.cooldown_remaining_sec).toBe(30);
    stub.reply = well;
    for (let i = 0; i < 50; i += 1) await upstreams.refresh(undefined, never);
    expect(upstreams.list().circuit_breakers).toEqual({ [stub.origin]: 'closed' });
    const history = upstreams.list().meta[stub.origin]?.history ?? [];
    expect([history.length, history.every(({ ok }) => ok)]).toEqual([50, true]);
  });

  it('an unknown address is not asked: the program is no way into a network', async () => {
    upstreams.add({ served_name: 'x', url: 'http://127.0.0.1:1' });
    await expect(upstreams.refresh([stub.origin], never)).rejects.toMatchObject({ code: 'not_found' });
    expect(stub.received).toHaveLength(0);
  });

  it('polls by itself once started, and ends with the program while a server is silent', async () => {
    stub.reply = () => undefined;
    upstreams.add({ served_name: 'x', url: stub.origin });
    upstreams.start();
    for (let i = 0; i < 200 && stub.received.length === 0; i += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(stub.received).toHaveLength(1);
    await upstreams[Symbol.asyncDispose]();
    expect(upstreams.list().meta[stub.origin]?.last_error).toBeNull();
  });

  it('counts the tokens of the last minute for each address', () => {
    upstreams.add({ served_name: 'x', url: 'http://a' });
    const address = upstreams.addressOf('http://a');
    address.begin(now, 1);
    expect(upstreams.list().meta['http://a']).toMatchObject({ in_flight: 1, tokens_per_sec: { prompt: null } });
    address.end('works', { promptTokens: 120, completionTokens: 600, cachedTokens: null }, now);
    expect(upstreams.list().meta['http://a']).toMatchObject({
      in_flight: 0,
      tokens_per_sec: { prompt: 2, generation: 10 },
    });
    now += 120_000;
    expect(upstreams.list().meta['http://a']?.tokens_per_sec).toEqual({ prompt: null, generation: null });
  });
});
