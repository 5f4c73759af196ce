import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One archive this server offers, and what goes wrong with it. */
export interface OfferedAsset {
  readonly name: string;
  readonly bytes: Buffer;
  /** Instead of the true digest; null for none. */
  readonly digest?: string | null;
  /** Break the connection once after so many bytes, this many times. */
  readonly cutAfter?: number;
  readonly cuts?: number;
  /** Answer this status, this many times (for ever when `times` is left out). */
  readonly status?: number;
  readonly times?: number;
  /** Wait so long between chunks of 1 KiB. */
  readonly slowMs?: number;
  /** Send the client here first. */
  readonly redirectTo?: string;
}

/** A stand-in for the release API and its file host, on loopback, with faults. */
export interface ReleaseServer extends AsyncDisposable {
  readonly url: string;
  /** Paths asked for, with the Range that was sent. */
  readonly requests: { readonly path: string; readonly range: string | null }[];
}

export async function startReleaseServer(tag: string, assets: readonly OfferedAsset[]): Promise<ReleaseServer> {
  const requests: { path: string; range: string | null }[] = [];
  const faults = new Map(
    assets.map((asset) => [asset.name, { cuts: asset.cuts ?? 1, times: asset.times ?? Infinity }]),
  );
  const listing = (origin: string) => ({
    tag_name: tag,
    draft: false,
    assets: assets.map((asset) => ({
      name: asset.name,
      size: asset.bytes.length,
      digest: asset.digest === undefined ? `sha256:${sha256(asset.bytes)}` : asset.digest,
      browser_download_url: `${origin}/files/${asset.name}`,
    })),
  });
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push({ path, range: request.headers.range ?? null });
    const origin = `http://${request.headers.host ?? ''}`;
    const asset = assets.find((entry) => path.startsWith(`/files/${entry.name}`));
    if (path.startsWith(`/repos/ggml-org/llama.cpp/releases/tags/${tag}`)) sendJson(response, listing(origin));
    else if (path.startsWith('/repos/ggml-org/llama.cpp/releases?')) sendJson(response, [listing(origin)]);
    else if (asset) void sendAsset(asset, faults.get(asset.name) ?? { cuts: 0, times: 0 }, request, response);
    else response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function sendAsset(
  asset: OfferedAsset,
  faults: { cuts: number; times: number },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (asset.redirectTo !== undefined && !(request.url ?? '').endsWith('?moved')) {
    response.writeHead(302, { location: asset.redirectTo }).end();
    return;
  }
  if (asset.status !== undefined && faults.times > 0) {
    faults.times -= 1;
    response.writeHead(asset.status).end();
    return;
  }
  const etag = `"${sha256(asset.bytes).slice(0, 16)}"`;
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const isPart = from > 0 && request.headers['if-range'] === etag;
  const body = isPart ? asset.bytes.subarray(from) : asset.bytes;
  response.writeHead(isPart ? 206 : 200, { etag, 'content-length': body.length });
  const cutAt = asset.cutAfter !== undefined && faults.cuts > 0 ? asset.cutAfter : body.length;
  const step = asset.slowMs === undefined ? 64 * 1024 : 1024;
  for (let at = 0; at < cutAt && !response.destroyed; at += step) {
    response.write(body.subarray(at, Math.min(at + step, cutAt)));
    await sleep(asset.slowMs ?? 0);
  }
  if (cutAt < body.length) {
    faults.cuts -= 1;
    await sleep(30);
    response.destroy();
  } else response.end();
}
