import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const POLL_MS = 100;
const PROBE_TIMEOUT_MS = 2000;

/** A port that nobody listens on at this moment. Another program may still take it before the engine does. */
export async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    server.close(() => {
      if (address !== null && typeof address === 'object') resolve(address.port);
      else reject(new Error('The system gave no port.'));
    });
  });
  return promise;
}

/** Where an engine is asked, and what it must answer to be the one that was started. */
export interface ProbeTarget {
  readonly origin: string;
  readonly authorization: string;
  readonly servedName: string;
}

/** Resolves once the engine is ready to answer. Rejects only when `signal` aborts. */
export async function untilReady(target: ProbeTarget, signal: AbortSignal): Promise<void> {
  while (!(await isReady(target, signal))) await sleep(POLL_MS, undefined, { signal });
}

/**
 * `/health` answers anybody, so it may be another program that took the port: only an engine that accepts our key and
 * knows our model's name is ours.
 */
async function isReady(target: ProbeTarget, signal: AbortSignal): Promise<boolean> {
  const health = await ask(`${target.origin}/health`, {}, signal);
  if (health === null) return false;
  const models = await ask(`${target.origin}/v1/models`, { authorization: target.authorization }, signal);
  const known = ModelList.safeParse(models === null ? null : jsonOr(models));
  return known.success && known.data.data.some((model) => model.id === target.servedName);
}

const ModelList = z.object({ data: z.array(z.object({ id: z.string() })) });

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The body of a 200, which vLLM's health check leaves empty; null for everything else. */
async function ask(url: string, headers: Record<string, string>, signal: AbortSignal): Promise<string | null> {
  try {
    const answer = await fetch(url, {
      headers,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]),
    });
    const body = await answer.text();
    return answer.status === 200 ? body : null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
