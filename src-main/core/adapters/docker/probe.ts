import { readFile } from 'node:fs/promises';
import { request as requestPlain, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import { join } from 'node:path';
import { z } from 'zod';
import type { DockerEndpoint } from './endpoints.ts';
import { parsedJson } from './json-lines.ts';
import { configFolder, type EngineHome } from './surroundings.ts';

/** GET /version, as far as it concerns us. */
export const EngineVersion = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().nullish(),
  Platform: z.object({ Name: z.string().nullish() }).nullish(),
  Components: z.array(z.object({ Name: z.string(), Version: z.string().nullish() })).nullish(),
});
export type EngineVersion = z.infer<typeof EngineVersion>;

/** GET /info, as far as it concerns us. */
export const EngineInfo = z.object({
  OperatingSystem: z.string().nullish(),
  OSType: z.string().nullish(),
  SecurityOptions: z.array(z.string()).nullish(),
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  CDISpecDirs: z.array(z.string()).nullish(),
  DiscoveredDevices: z.array(z.object({ Source: z.string().nullish(), ID: z.string() })).nullish(),
});
export type EngineInfo = z.infer<typeof EngineInfo>;

/** What one address said. `code` is the system's ("ECONNREFUSED"), or "HTTP 500". */
export type ProbeOutcome =
  | { readonly kind: 'answers'; readonly version: EngineVersion; readonly info: EngineInfo | null }
  | { readonly kind: 'silent'; readonly code: string; readonly reason: string };

export interface Probed {
  readonly endpoint: DockerEndpoint;
  readonly outcome: ProbeOutcome;
}

/** Certificates of an engine behind TLS. */
export interface EngineTls {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

const TIMEOUT_MS = 3000;
const LARGEST_ANSWER = 4 * 1024 * 1024;

/** Asks the addresses in order until one answers, and tells what each said. */
export async function probeEndpoints(
  endpoints: readonly DockerEndpoint[],
  home: EngineHome,
  signal: AbortSignal,
): Promise<Probed[]> {
  const said: Probed[] = [];
  for (const endpoint of endpoints) {
    const outcome = await probe(endpoint, home, signal);
    said.push({ endpoint, outcome });
    if (outcome.kind === 'answers') break;
  }
  return said;
}

async function probe(endpoint: DockerEndpoint, home: EngineHome, signal: AbortSignal): Promise<ProbeOutcome> {
  try {
    const version = EngineVersion.parse(await getJson(endpoint, '/version', home, signal));
    const info = await getJson(endpoint, '/info', home, signal).catch(() => null);
    return { kind: 'answers', version, info: EngineInfo.safeParse(info).data ?? null };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof z.ZodError) return { kind: 'silent', code: 'EPROTO', reason: 'something else answers there' };
    const { code, message } = error as NodeJS.ErrnoException;
    return { kind: 'silent', code: code ?? 'unknown', reason: message };
  }
}

export async function readTls(home: EngineHome): Promise<EngineTls> {
  const folder = home.env['DOCKER_CERT_PATH'] ?? configFolder(home);
  const [ca, cert, key] = await Promise.all(
    (['ca.pem', 'cert.pem', 'key.pem'] as const).map(async (name) => readFile(join(folder, name))),
  );
  return { ca, cert, key } as EngineTls;
}

async function getJson(
  endpoint: DockerEndpoint,
  path: string,
  home: EngineHome,
  signal: AbortSignal,
): Promise<unknown> {
  const { address } = endpoint;
  if (address.kind === 'elsewhere') throw Object.assign(new Error('another machine'), { code: 'EREMOTE' });
  const tls = address.kind === 'tcp' && address.tls ? await readTls(home) : null;
  const target: RequestOptions =
    address.kind === 'socket' ? { socketPath: address.path } : { host: address.host, port: address.port, ...tls };
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const options = {
    ...target,
    path,
    agent: false,
    headers: { host: 'docker' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  };
  const call = (tls === null ? requestPlain : requestTls)(options, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > LARGEST_ANSWER) call.destroy(new Error('the answer is too long'));
    });
    response.on('error', reject);
    response.on('end', () => {
      const { statusCode } = response;
      if (statusCode !== 200) reject(Object.assign(new Error(text.slice(0, 300)), { code: `HTTP ${statusCode}` }));
      else resolve(parsedJson(text));
    });
  });
  call.on('error', reject);
  call.end();
  return promise;
}
