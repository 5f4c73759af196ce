import { Agent, request } from 'node:http';

export interface Target {
  readonly name: string;
  readonly port: number;
  readonly token: string;
}

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const BODY = Buffer.from(
  JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Say something short, please. '.repeat(20) }] }),
);
const STREAM_BODY = Buffer.from(
  JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'Say something.' }] }),
);

/** Sends one request after another on `concurrency` kept-alive connections for `durationMs`. Any answer but 200 throws. */
export async function load(target: Target, concurrency: number, durationMs: number): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const latencies: number[] = [];
  const startedAt = performance.now();
  const lane = async () => {
    while (performance.now() - startedAt < durationMs) {
      const sentAt = performance.now();
      await exchange(target, agent, BODY, () => undefined);
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, lane));
  const elapsedS = (performance.now() - startedAt) / 1000;
  agent.destroy();
  return {
    requestsPerSecond: latencies.length / elapsedS,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
  };
}

export interface StreamResult {
  /** Content chunks that arrived, over all streams. */
  readonly chunks: number;
  /** How long after the engine wrote it a chunk was here. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The most events that arrived in one read: more than a few means that something was held back. */
  readonly mostAtOnce: number;
}

/** Opens `count` streams at once and times each chunk from the engine's write to its arrival. */
export async function streams(target: Target, count: number): Promise<StreamResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: count });
  const delays: number[] = [];
  let mostAtOnce = 0;
  const one = () =>
    exchange(target, agent, STREAM_BODY, (part) => {
      const now = performance.timeOrigin + performance.now();
      let inThisRead = 0;
      for (const match of part.toString('latin1').matchAll(/"at":(?<at>[\d.]+)/g)) {
        delays.push(now - Number(match.groups?.['at']));
        inThisRead += 1;
      }
      mostAtOnce = Math.max(mostAtOnce, inThisRead);
    });
  await Promise.all(Array.from({ length: count }, one));
  agent.destroy();
  return { chunks: delays.length, p50Ms: quantile(delays, 0.5), p99Ms: quantile(delays, 0.99), mostAtOnce };
}

function exchange(target: Target, agent: Agent, body: Buffer, onPart: (part: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        agent,
        host: '127.0.0.1',
        port: target.port,
        path: '/v1/chat/completions',
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          authorization: `Bearer ${target.token}`,
        },
      },
      (res) => {
        if (res.statusCode !== 200) reject(new Error(`${target.name} answered ${res.statusCode}`));
        res.on('data', onPart);
        res.on('end', resolve);
        res.on('error', reject);
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
