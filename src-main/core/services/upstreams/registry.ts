import type { Logger } from 'pino';
import type { Address } from '../../../domain/gateway/address.ts';
import type { ForeignRoute, ForeignUpstream } from '../../../domain/gateway/routing.ts';
import { readUpstreamUrl } from '../../../domain/gateway/upstream-url.ts';
import type { RegistryRecord, RegistryTable } from '../../store/registry.ts';
import { SealBrokenError, type Sealer } from '../access/sealed.ts';

/** The stored servers of others as routes in memory: a look-up a request, read anew when the owner changes one. */
export class ForeignRoutes {
  readonly #table: RegistryTable;
  readonly #sealer: Sealer;
  readonly #addressOf: (url: string) => Address;
  readonly #log: Logger;
  #byName: ReadonlyMap<string, ForeignRoute> = new Map();
  #sorted: readonly ForeignRoute[] = [];
  records: readonly RegistryRecord[] = [];

  constructor(table: RegistryTable, sealer: Sealer, addressOf: (url: string) => Address, log: Logger) {
    this.#table = table;
    this.#sealer = sealer;
    this.#addressOf = addressOf;
    this.#log = log;
    this.reload();
  }

  get(servedName: string): ForeignRoute | undefined {
    return this.#byName.get(servedName);
  }

  all(): readonly ForeignRoute[] {
    return this.#sorted;
  }

  reload(): void {
    this.records = this.#table.all();
    const routes = new Map<string, ForeignRoute>();
    for (const record of this.records) {
      const upstream = record.enabled ? this.#upstreamOf(record) : null;
      if (!upstream) continue;
      const route = routes.get(record.servedName);
      routes.set(record.servedName, {
        servedName: record.servedName,
        upstreams: [...(route?.upstreams ?? []), upstream],
        createdAt: route?.createdAt ?? Math.floor(record.createdAt / 1000),
      });
    }
    this.#byName = routes;
    this.#sorted = [...routes.values()].toSorted((a, b) => (a.servedName < b.servedName ? -1 : 1));
  }

  #upstreamOf(record: RegistryRecord): ForeignUpstream | null {
    const read = readUpstreamUrl(record.url);
    if ('message' in read) return null;
    return {
      origin: read.origin,
      basePath: read.basePath,
      authorization: this.#authorizationOf(record),
      task: record.task,
      engine: record.engineType,
      upstreamModel: record.upstreamModel,
      address: this.#addressOf(record.url),
    };
  }

  #authorizationOf({ sealedApiKey, servedName }: RegistryRecord): string | null {
    if (sealedApiKey === null) return null;
    try {
      return `Bearer ${this.#sealer.open(sealedApiKey)}`;
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error;
      // Its health check will say that the key is refused; the other entries go on.
      this.#log.warn({ servedName }, 'the stored key of an upstream cannot be opened');
      return null;
    }
  }
}
