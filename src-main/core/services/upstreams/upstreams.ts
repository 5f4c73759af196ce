import { hostname, networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { AppError } from '../../../contract/errors.ts';
import type {
  HealthRefresh,
  Registry,
  RegistryAdd,
  Upstreams as UpstreamsAnswer,
} from '../../../contract/upstreams.ts';
import { Address } from '../../../domain/gateway/address.ts';
import type { ForeignRoute, RouteTable, UpstreamTable } from '../../../domain/gateway/routing.ts';
import {
  isOwnEndpoint,
  readUpstreamUrl,
  type ThisMachine,
  type UpstreamUrl,
} from '../../../domain/gateway/upstream-url.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RegistryTable } from '../../store/registry.ts';
import type { Sealer } from '../access/sealed.ts';
import { HealthProbe } from './health-probe.ts';
import { ForeignRoutes } from './registry.ts';
import { registryView, upstreamsView, type Watched } from './upstreams-view.ts';

const POLL_MS = 10_000;
const HEALTH_TTL_MS = 30_000;
/** The list of models of a server is asked for this often. */
const MODELS_MS = 60_000;

export interface UpstreamsOptions {
  readonly table: RegistryTable;
  readonly sealer: Sealer;
  /** Our own models. */
  readonly routes: RouteTable;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Every server that answers for a served name, our own engines and others': who they are, how they are, which to ask. */
export class Upstreams implements UpstreamTable, AsyncDisposable {
  readonly #options: UpstreamsOptions;
  readonly #addresses = new Map<string, Address>();
  readonly #routes: ForeignRoutes;
  readonly #probe = new HealthProbe();
  readonly #modelsAskedAt = new WeakMap<Address, number>();
  readonly #ended = new AbortController();
  #listening: { readonly host: string; readonly port: number } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #polling: Promise<void> = Promise.resolve();

  constructor(options: UpstreamsOptions) {
    this.#options = options;
    this.#routes = new ForeignRoutes(options.table, options.sealer, (url) => this.addressOf(url), options.log);
  }

  /** Begins to ask every server how it is. */
  start(): void {
    this.#schedule(0);
  }

  /** An address of ours must not become an upstream of ours. */
  listeningOn(host: string, port: number): void {
    this.#listening = { host, port };
  }

  foreign(servedName: string): ForeignRoute | undefined {
    return this.#routes.get(servedName);
  }

  foreignRoutes(): readonly ForeignRoute[] {
    return this.#routes.all();
  }

  addressOf(url: string): Address {
    const known = this.#addresses.get(url);
    if (known) return known;
    const address = new Address(url);
    this.#addresses.set(url, address);
    return address;
  }

  registry(): Registry {
    return registryView(this.#options.routes.entries(), this.#routes.records);
  }

  /** Adds a server to a served name, or changes it. Throws AppError `validation_failed`. */
  add(input: RegistryAdd): void {
    const { table, sealer, clock } = this.#options;
    const { url } = this.#readUrl(input.url);
    const stored = table.get(input.served_name, url);
    const { api_key: apiKey } = input;
    table.save({
      servedName: input.served_name,
      url,
      task: input.task ?? stored?.task ?? 'generate',
      engineType: input.engine_type === undefined ? (stored?.engineType ?? null) : input.engine_type,
      upstreamModel: input.upstream_model === undefined ? (stored?.upstreamModel ?? null) : input.upstream_model,
      sealedApiKey:
        apiKey === undefined ? (stored?.sealedApiKey ?? null) : apiKey === null ? null : sealer.seal(apiKey),
      enabled: input.enabled ?? stored?.enabled ?? true,
      createdAt: stored?.createdAt ?? clock.now(),
    });
    this.#routes.reload();
    // A new key may open what the old one did not.
    this.#modelsAskedAt.delete(this.addressOf(url));
    if (this.#timer) this.#schedule(0);
  }

  /** All foreign servers of a name, or the one at `url`. Throws AppError `registry_entry_is_own`, `not_found`. */
  remove(servedName: string, url: string | null): void {
    const own = this.#options.routes.get(servedName);
    const address = url === null ? null : readUpstreamUrl(url);
    const wanted = address === null ? null : 'message' in address ? (url ?? '') : address.url;
    const removed = this.#options.table.remove(servedName, wanted);
    this.#routes.reload();
    if (removed) return;
    if (own && (wanted === null || wanted === own.target?.origin)) {
      throw new AppError('registry_entry_is_own', { servedName });
    }
    throw new AppError('not_found', { what: `"${servedName}"${wanted === null ? '' : ` at ${wanted}`}` });
  }

  list(): UpstreamsAnswer {
    return upstreamsView(this.#watched(), this.registry(), this.#options.clock.now(), HEALTH_TTL_MS);
  }

  /** Asks the named servers, or every one, now. Throws AppError `not_found` for one that is none of ours to ask. */
  async refresh(urls: readonly string[] | undefined, signal: AbortSignal): Promise<HealthRefresh> {
    const watched = this.#watched();
    const chosen = urls === undefined || urls.length === 0 ? watched : urls.map((url) => this.#find(watched, url));
    const until = AbortSignal.any([signal, this.#ended.signal]);
    return { results: await Promise.all(chosen.map((server) => this.#check(server, until))) };
  }

  #find(watched: readonly Watched[], url: string): Watched {
    const read = readUpstreamUrl(url);
    const found = watched.find(({ address }) => !('message' in read) && address.url === read.url);
    if (!found) throw new AppError('not_found', { what: `The upstream "${url}"` });
    return found;
  }

  #readUrl(text: string): UpstreamUrl {
    const read = readUpstreamUrl(text);
    const refuse = (message: string) => new AppError('validation_failed', { issues: [{ field: 'url', message }] });
    if ('message' in read) throw refuse(read.message);
    if (this.#listening && isOwnEndpoint(read, this.#listening, thisMachine())) {
      throw refuse('This is the address of the program itself: requests would go in circles.');
    }
    return read;
  }

  /** Engines of ours that run, and enabled foreign servers, each address once. */
  #watched(): Watched[] {
    const byUrl = new Map<string, Watched>();
    const add = (server: Watched) => {
      const known = byUrl.get(server.address.url);
      byUrl.set(server.address.url, {
        ...server,
        authorization: known?.authorization ?? server.authorization,
        servedNames: [...(known?.servedNames ?? []), ...server.servedNames],
      });
    };
    for (const { target, task, servedName, state } of this.#options.routes.entries()) {
      if (!target || state !== 'running') continue;
      const { origin, authorization } = target;
      add({ address: this.addressOf(origin), authorization, task, servedNames: [servedName] });
    }
    for (const { servedName, upstreams } of this.#routes.all()) {
      for (const { address, authorization, task } of upstreams) {
        add({ address, authorization, task, servedNames: [servedName] });
      }
    }
    return [...byUrl.values()];
  }

  async #check(server: Watched, signal: AbortSignal): Promise<HealthRefresh['results'][number]> {
    const { address, authorization } = server;
    const { clock } = this.#options;
    const wantsModels =
      clock.now() - (this.#modelsAskedAt.get(address) ?? 0) >= MODELS_MS || address.check?.ok === false;
    const { check, models } = await this.#probe.probe({ url: address.url, authorization }, wantsModels, signal);
    const now = clock.now();
    address.noteHealth(check, now);
    if (models) {
      address.models = models;
      this.#modelsAskedAt.set(address, now);
    }
    const status = check.ok ? 'up' : check.statusCode === null ? 'error' : `err:${check.statusCode}`;
    return { url: address.url, status, elapsed_sec: check.latencyMs / 1000 };
  }

  #schedule(afterMs: number): void {
    if (this.#ended.signal.aborted) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#polling = this.#poll()
        .catch((error: unknown) => {
          if (!this.#ended.signal.aborted)
            this.#options.log.error({ err: error }, 'a health check failed unexpectedly');
        })
        .finally(() => this.#schedule(POLL_MS));
    }, afterMs);
    this.#timer.unref();
  }

  async #poll(): Promise<void> {
    const watched = this.#watched();
    this.#forgetOthers(watched);
    await Promise.all(watched.map((server) => this.#check(server, this.#ended.signal)));
  }

  /** Engines of ours have another port at every start: what nobody uses any more is let go. */
  #forgetOthers(watched: readonly Watched[]): void {
    const kept = new Set(watched.map(({ address }) => address.url));
    for (const { url } of this.#routes.records) kept.add(url);
    for (const [url, { inFlight }] of this.#addresses) {
      if (!kept.has(url) && inFlight === 0) this.#addresses.delete(url);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#polling;
    await this.#probe[Symbol.asyncDispose]();
  }
}

function thisMachine(): ThisMachine {
  const interfaces = Object.values(networkInterfaces());
  return {
    addresses: interfaces.flatMap((list) => (list ?? []).map(({ address }) => address)),
    hostname: hostname(),
  };
}
