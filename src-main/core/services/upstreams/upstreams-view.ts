import type { Registry, RegistryUpstream, UpstreamMeta, Upstreams } from '../../../contract/upstreams.ts';
import type { Address } from '../../../domain/gateway/address.ts';
import { cooldownMs, shownState } from '../../../domain/gateway/circuit-breaker.ts';
import type { RouteEntry } from '../../../domain/gateway/routing.ts';
import type { RegistryRecord } from '../../store/registry.ts';

/** A server that is asked how it is: an engine of ours, or an enabled foreign one. */
export interface Watched {
  readonly address: Address;
  readonly authorization: string | null;
  readonly task: 'generate' | 'embed';
  readonly servedNames: readonly string[];
}

export function registryView(entries: readonly RouteEntry[], records: readonly RegistryRecord[]): Registry {
  const byName = new Map<string, RegistryUpstream[]>();
  const add = (name: string, upstream: RegistryUpstream) => byName.set(name, [...(byName.get(name) ?? []), upstream]);
  for (const { servedName, modelId, target, task, engine } of entries) {
    if (target) {
      add(servedName, {
        url: target.origin,
        task,
        engine_type: engine,
        upstream_model: null,
        has_api_key: target.authorization !== null,
        model_id: modelId,
        enabled: true,
      });
    }
  }
  for (const record of records) {
    add(record.servedName, {
      url: record.url,
      task: record.task,
      engine_type: record.engineType,
      upstream_model: record.upstreamModel,
      has_api_key: record.sealedApiKey !== null,
      model_id: null,
      enabled: record.enabled,
    });
  }
  return Object.fromEntries(
    [...byName].flatMap(([name, upstreams]) => {
      const [first] = upstreams;
      return first ? [[name, { url: first.url, task: first.task, engine_type: first.engine_type, upstreams }]] : [];
    }),
  );
}

export function upstreamsView(
  watched: readonly Watched[],
  registry: Registry,
  nowMs: number,
  healthTtlMs: number,
): Upstreams {
  const known = new Map(watched.map(({ address }) => [address.url, address]));
  return {
    circuit_breakers: mapOf(watched, ({ breaker }) => shownState(breaker, nowMs)),
    health: Object.fromEntries(
      watched.flatMap(({ address: { url, check, checkedAtMs } }) =>
        check ? [[url, { ok: check.ok, ts: checkedAtMs / 1000 }]] : [],
      ),
    ),
    meta: Object.fromEntries(watched.map((server) => [server.address.url, metaOf(server, nowMs)])),
    registry,
    lb_index: Object.fromEntries(
      Object.entries(registry).map(([name, { upstreams }]) => {
        const picked = upstreams.map(({ url }) => known.get(url)?.lastPicked ?? 0);
        return [name, picked.indexOf(Math.max(...picked))];
      }),
    ),
    now: nowMs / 1000,
    health_ttl_sec: healthTtlMs / 1000,
  };
}

function mapOf<T>(watched: readonly Watched[], value: (address: Address) => T): Record<string, T> {
  return Object.fromEntries(watched.map(({ address }) => [address.url, value(address)]));
}

function metaOf({ address, task, servedNames }: Watched, nowMs: number): UpstreamMeta {
  const { check, breaker } = address;
  const rate = address.rate.perSecond(nowMs);
  return {
    last_status_code: check?.statusCode ?? null,
    last_latency_ms: check?.latencyMs ?? null,
    last_ok_ts: address.lastOkMs === null ? null : address.lastOkMs / 1000,
    last_fail_ts: address.lastFailMs === null ? null : address.lastFailMs / 1000,
    consecutive_fails: address.consecutiveFails,
    last_error: check?.problem ?? null,
    history: address.history.map(({ atMs, ok, latencyMs }) => ({ ts: atMs / 1000, ok, latency_ms: latencyMs })),
    category: task,
    models: [...address.models],
    served_names: [...servedNames],
    breaker: {
      state: shownState(breaker, nowMs),
      cooldown_remaining_sec: cooldownMs(breaker, nowMs) / 1000,
      consecutive_fails: breaker.consecutiveFails,
    },
    tokens_per_sec: { prompt: rate?.prompt ?? null, generation: rate?.completion ?? null },
    in_flight: address.inFlight,
  };
}
