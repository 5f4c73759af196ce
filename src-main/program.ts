import { randomUUID } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { ApiHost } from './api/context.ts';
import { ownerOf } from './api/login.ts';
import { createPortServer, type ApiPort } from './api/port.ts';
import { createSite } from './api/site.ts';
import type { ProgramInfo } from './contract/system.ts';
import { DataDirectoryError, ensureDataDirectory, reasonOf } from './core/adapters/instance/data-directory.ts';
import { InstanceLock } from './core/adapters/instance/instance-lock.ts';
import { openProgramLog } from './core/adapters/program-log.ts';
import { ControlCenter, type WorkerUrls } from './core/control-center.ts';
import { LOOPBACK_HOSTS } from './domain/gateway/guard.ts';
import { createFront } from './gateway/front.ts';
import { Inference } from './gateway/inference.ts';
import { createPlayground } from './gateway/playground.ts';
import { createV1Router } from './gateway/v1-router.ts';
import { HttpServer, ListenError } from './http/server.ts';
import type { ProgramFlags } from './options.ts';

export interface ProgramOptions {
  readonly flags: ProgramFlags;
  readonly version: string;
  /** The built renderer. */
  readonly rendererDir: string;
  /** Self-test model, ready-made engine, licences. */
  readonly resourcesDir: string;
  readonly workers: WorkerUrls;
  /** Set by the desktop shell. */
  readonly pickFolder: (() => Promise<string | null>) | null;
}

/** The running program: control center, gateway, API. The desktop shell and the headless program are both this, and a front. */
export interface Program extends AsyncDisposable {
  readonly center: ControlCenter;
  readonly info: () => ProgramInfo;
  /** A path like `/login?token=...`, good for one browser. */
  readonly createLoginPath: () => string;
  /** Serves the contract on a message port as the owner. */
  readonly servePort: (port: ApiPort) => void;
}

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 8084;

/** Throws InstanceRunningError, DataDirectoryError, NewerDatabaseError, DamagedDatabaseError, ListenError; nothing is left running then. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { flags, version } = options;
  await using stack = new AsyncDisposableStack();
  // Database, keys and logs are this user's alone, in whatever folder they lie.
  process.umask(0o077);
  ensureDataDirectory(flags.dataDir);
  const lock = stack.use(inDataDirectory(flags.dataDir, () => new InstanceLock(flags.dataDir)));
  const log = inDataDirectory(flags.dataDir, () => openProgramLog(flags.dataDir));
  const logBug = (error: unknown, requestId: string) =>
    log.error({ err: error, request_id: requestId }, 'unexpected error');
  const startedAt = Date.now() / 1000;

  const center = stack.use(
    await ControlCenter.open({
      dataDir: flags.dataDir,
      modelsDir: flags.modelsDir ?? join(flags.dataDir, 'models'),
      modelsDirGiven: flags.modelsDir !== null,
      resourcesDir: options.resourcesDir,
      workers: options.workers,
      ownEngine: flags.llamaServer,
      releasesUrl: process.env['CORTEX_RELEASES_URL'] ?? null,
      log,
    }),
  );
  const settings = center.settings.read();
  let host = flags.host ?? settings.host ?? DEFAULT_HOST;

  const inference = stack.use(
    new Inference({
      routes: center.supervisor.routes,
      upstreams: center.upstreams,
      ledger: center.usage,
      authenticate: (token) => center.keys.authenticate(token),
      touch: (modelId) => center.supervisor.touch(modelId),
      logBug,
      waitForLoadMs: 0,
    }),
  );
  let port = 0;
  const info = (): ProgramInfo => ({
    name: 'Cortex',
    version,
    platform: process.platform,
    data_dir: flags.dataDir,
    endpoint: {
      url: `http://${urlHost(host)}:${port}`,
      host,
      port,
      reach: isLoopback(host) ? 'this-machine' : 'network',
    },
    desktop: options.pickFolder !== null,
    self_test_model: center.selfTestModel,
    started_at: startedAt,
  });
  const apiHost: ApiHost = {
    center,
    info,
    playground: createPlayground(inference, center.usage),
    pickFolder: options.pickFolder,
    logBug,
  };
  const site = createSite({
    host: apiHost,
    owner: center.owner,
    rendererDir: options.rendererDir,
    version,
    v1: createV1Router({
      routes: center.supervisor.routes,
      upstreams: center.upstreams,
      authenticate: (token) => center.keys.authenticate(token),
      isOwner: (req) => ownerOf(req, center.owner) !== null,
    }),
  });
  const server: HttpServer = new HttpServer(
    createFront({
      policy: { allowedHosts: allowedHosts(host, flags.allowHosts), allowedOrigins: new Set(flags.allowOrigins) },
      inference,
      rest: site,
      closing: () => server.closing,
    }),
    () => inference.endAll(),
  );
  // Ends first: answers finish while the engines still run.
  stack.use(server);
  const wantedPort = flags.port ?? settings.port ?? DEFAULT_PORT;
  port = await server.listen(host, wantedPort).catch((error: unknown) => {
    // An address that was saved and is gone (a network that is off) must not lock its owner out.
    const isGone =
      error instanceof ListenError &&
      error.reason === 'no-such-address' &&
      flags.host === null &&
      host !== DEFAULT_HOST;
    if (!isGone) throw error;
    log.warn({ host }, 'the saved address is gone; listening on 127.0.0.1');
    host = DEFAULT_HOST;
    return server.listen(host, wantedPort);
  });
  center.system.listeningOn(host, port);
  center.upstreams.listeningOn(host, port);
  lock.note(`http://${urlHost(host)}:${port}`);
  log.info({ version, host, port, run: randomUUID() }, 'ready');

  const owned = stack.move();
  return {
    center,
    info,
    createLoginPath: () => `/login?token=${center.owner.createLoginToken()}`,
    servePort: createPortServer(apiHost),
    [Symbol.asyncDispose]: async () => {
      log.info('stopping');
      await owned.disposeAsync();
      log.info('stopped');
    },
  };
}

/** What cannot be written into the data directory is said as such. */
function inDataDirectory<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const isOfTheSystem = typeof (error as { code?: unknown }).code === 'string';
    throw isOfTheSystem ? new DataDirectoryError(path, reasonOf(error), error) : error;
  }
}

/** Names of this machine by loopback, the address that was chosen, and what the owner listed. */
function allowedHosts(host: string, listed: readonly string[]): ReadonlySet<string> {
  const own = host === '0.0.0.0' || host === '::' ? addresses() : [urlHost(host)];
  return new Set([...LOOPBACK_HOSTS, ...own, ...listed].map((name) => name.toLowerCase()));
}

/** A literal address cannot be rebound by DNS, so every address of this machine may stand in `Host`. */
function addresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => urlHost(address)));
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
