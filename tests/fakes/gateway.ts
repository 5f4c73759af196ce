import { pino } from 'pino';
import express from 'express';
import { WorkerUsageWriter } from '../../src-main/core/adapters/usage-writer/worker-usage-writer.ts';
import { systemClock } from '../../src-main/core/ports/clock.ts';
import type { UsageWriter } from '../../src-main/core/ports/usage-writer.ts';
import { Keys } from '../../src-main/core/services/access/keys.ts';
import { Sealer } from '../../src-main/core/services/access/sealed.ts';
import { Upstreams } from '../../src-main/core/services/upstreams/upstreams.ts';
import { Usage } from '../../src-main/core/services/usage/usage.ts';
import { ApiKeyTable } from '../../src-main/core/store/api-keys.ts';
import { openStore } from '../../src-main/core/store/open.ts';
import { RegistryTable } from '../../src-main/core/store/registry.ts';
import { UsageTable } from '../../src-main/core/store/usage.ts';
import { LOOPBACK_HOSTS } from '../../src-main/domain/gateway/guard.ts';
import type { RouteEntry, RouteTable } from '../../src-main/domain/gateway/routing.ts';
import { createFront } from '../../src-main/gateway/front.ts';
import { Inference } from '../../src-main/gateway/inference.ts';
import { createV1Router } from '../../src-main/gateway/v1-router.ts';
import { HttpServer } from '../../src-main/http/server.ts';
import { EngineStub } from './engine-stub.ts';

/** Routes that a test sets by hand; the rest of the gateway around them is the real one. */
export class StubRoutes implements RouteTable {
  readonly #entries = new Map<string, RouteEntry>();
  #waiters: (() => void)[] = [];

  set(entry: Partial<RouteEntry> & { servedName: string }): void {
    this.#entries.set(entry.servedName, {
      modelId: this.#entries.size + 1,
      engine: 'llamacpp',
      task: 'generate',
      embeds: false,
      state: 'running',
      target: null,
      requestDefaults: {},
      contextLength: null,
      slots: null,
      requestTimeoutMs: null,
      streamTimeoutMs: null,
      createdAt: 0,
      ...entry,
    });
    for (const wake of this.#waiters.splice(0)) wake();
  }

  get(servedName: string): RouteEntry | undefined {
    return this.#entries.get(servedName);
  }

  entries(): readonly RouteEntry[] {
    return [...this.#entries.values()];
  }

  changed(_modelId: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      signal.addEventListener('abort', () => resolve());
    });
  }
}

/** In a file the rows go the way they go in the program. */
function workerWriter(databasePath: string): UsageWriter {
  return new WorkerUsageWriter(
    databasePath,
    new URL('../../src-main/core/adapters/usage-writer/usage-worker.ts', import.meta.url),
  );
}

/** No second connection can see a database in memory: this one writes it itself. */
function directWriter(table: UsageTable): UsageWriter {
  return {
    write: (records) => {
      table.insertAll(records);
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The real gateway with the real ledger, keys and registry, in front of a stub engine. */
export async function startGateway(options: { waitForLoadMs?: number; databasePath?: string } = {}) {
  const stack = new AsyncDisposableStack();
  const db = openStore(options.databasePath ?? ':memory:');
  stack.defer(() => void db.close());
  const table = new UsageTable(db);
  const writer = options.databasePath ? workerWriter(options.databasePath) : directWriter(table);
  const usage = stack.use(new Usage(table, writer, systemClock, pino({ level: 'silent' })));
  const keys = stack.use(new Keys(new ApiKeyTable(db), Buffer.alloc(32, 1), systemClock));
  const engine = stack.use(await EngineStub.start());
  const routes = new StubRoutes();
  routes.set({ servedName: 'm', target: { origin: engine.origin, authorization: 'Bearer engine-key' } });
  // Asks no server how it is until a test does: `refresh`, or `start`.
  const upstreams = stack.use(
    new Upstreams({
      table: new RegistryTable(db),
      sealer: new Sealer(Buffer.alloc(32, 1)),
      routes,
      clock: systemClock,
      log: pino({ level: 'silent' }),
    }),
  );
  const bugs: unknown[] = [];
  const inference = stack.use(
    new Inference({
      routes,
      upstreams,
      ledger: usage,
      authenticate: (token) => keys.authenticate(token),
      touch: () => undefined,
      logBug: (error) => bugs.push(error),
      waitForLoadMs: options.waitForLoadMs ?? 0,
    }),
  );
  const site = express().use(
    '/v1',
    createV1Router({ routes, upstreams, authenticate: (token) => keys.authenticate(token), isOwner: () => false }),
  );
  const server: HttpServer = new HttpServer(
    createFront({
      policy: { allowedHosts: new Set(LOOPBACK_HOSTS), allowedOrigins: new Set(['https://chat.example']) },
      inference,
      rest: site,
      closing: () => server.closing,
    }),
  );
  stack.use(server);
  const port = await server.listen('127.0.0.1', 0);
  upstreams.listeningOn('127.0.0.1', port);
  const { token, id } = keys.create({ name: 'test', scopes: ['chat', 'completions', 'embeddings'] });
  const rows = () => usage.list({ limit: 100, offset: 0 });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    token,
    keyId: id,
    keys,
    usage,
    rows,
    engine,
    routes,
    upstreams,
    inference,
    bugs,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
