import { Agent, type Dispatcher } from 'undici';
import type { HealthCheck } from '../../../domain/gateway/address.ts';
import { networkProblem } from '../../../domain/gateway/network-problem.ts';

const CONNECT_MS = 2_000;
const WHOLE_MS = 3_000;
const LONGEST_ANSWER = 4 * 1024 * 1024;
const MOST_MODELS = 1_000;

export interface ProbeTarget {
  readonly url: string;
  readonly authorization: string | null;
}

export interface ProbeResult {
  readonly check: HealthCheck;
  /** Ids its `/v1/models` lists; null when they were not asked for or not given. */
  readonly models: readonly string[] | null;
}

/** Asks a server how it is: `/health`, and `/v1/models` where it has none or where the list is wanted. Follows no redirect. */
export class HealthProbe implements AsyncDisposable {
  readonly #agent = new Agent({
    connect: { timeout: CONNECT_MS },
    headersTimeout: WHOLE_MS,
    bodyTimeout: WHOLE_MS,
    maxResponseSize: LONGEST_ANSWER,
    connections: 2,
  });

  /** Never throws, but with the signal's reason. */
  async probe(target: ProbeTarget, wantsModels: boolean, signal: AbortSignal): Promise<ProbeResult> {
    const startedAt = performance.now();
    const timed = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]);
    const checkOf = (statusCode: number | null, problem: string | null): HealthCheck => ({
      ok: problem === null,
      statusCode,
      latencyMs: Math.round((performance.now() - startedAt) * 100) / 100,
      problem,
    });
    try {
      const health = await this.#get(target, '/health', timed);
      const isWell = health.status >= 200 && health.status < 300;
      if (!isWell && health.status >= 500)
        return { check: checkOf(health.status, problemOf(health.status)), models: null };
      const wellCheck = isWell ? checkOf(health.status, null) : null;
      if (wellCheck && !wantsModels) return { check: wellCheck, models: null };
      const list = await this.#get(target, '/v1/models', timed);
      if (list.status >= 200 && list.status < 300) {
        return { check: wellCheck ?? checkOf(list.status, null), models: idsOf(list.body) };
      }
      // An open `/health` proves nothing about the key, and a server without a list may still answer.
      const isRefusal = list.status === 401 || list.status === 403;
      if (wellCheck && !isRefusal) return { check: wellCheck, models: null };
      return { check: checkOf(list.status, problemOf(list.status)), models: null };
    } catch (error) {
      signal.throwIfAborted();
      return {
        check: checkOf(null, timed.aborted ? networkProblem('UND_ERR_HEADERS_TIMEOUT', '') : reasonOf(error)),
        models: null,
      };
    }
  }

  async #get(target: ProbeTarget, path: string, signal: AbortSignal): Promise<{ status: number; body: string }> {
    const { origin, pathname } = new URL(target.url);
    const options: Dispatcher.RequestOptions = {
      origin,
      path: (pathname === '/' ? '' : pathname) + path,
      method: 'GET',
      headers: {
        accept: 'application/json',
        ...(target.authorization === null ? {} : { authorization: target.authorization }),
      },
      signal,
    };
    const { statusCode, body } = await this.#agent.request(options);
    return { status: statusCode, body: await body.text() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

function problemOf(status: number): string {
  if (status === 401 || status === 403) return 'it refused our key';
  if (status === 404) return 'it has neither /health nor /v1/models; check the address';
  if (status >= 300 && status < 400) return 'it answered with a redirect, which is not followed';
  return status === 503 ? 'it is loading or overloaded (status 503)' : `it answered with status ${status}`;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return networkProblem(code, message);
}

function idsOf(text: string): string[] {
  try {
    const { data } = JSON.parse(text) as { data?: unknown };
    if (!Array.isArray(data)) return [];
    const ids = data.map((entry: unknown) => (entry as { id?: unknown } | null)?.id);
    return ids.filter((id): id is string => typeof id === 'string').slice(0, MOST_MODELS);
  } catch {
    return [];
  }
}
