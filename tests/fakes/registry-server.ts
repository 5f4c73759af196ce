import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** What goes wrong with an image, by the name it is asked for under. */
export type RegistryFault =
  | 'none'
  /** The registry does not know the manifest. */
  | 'missing'
  /** It wants a login. */
  | 'private'
  /** The connection breaks in the middle of a layer, each time. */
  | 'cut'
  /** A layer has other bytes than its digest says. */
  | 'corrupt'
  /** It answers 500. */
  | 'broken';

/**
 * A stand-in for a registry (Docker Registry HTTP API V2), on loopback, where Docker asks no certificate. It serves one
 * image of made-up layers under every name; the name's last word says the fault: "HOST/engine-cut:v1".
 */
export interface RegistryServer extends AsyncDisposable {
  /** "127.0.0.1:41234/": stands before an image's name. */
  readonly prefix: string;
  /** Bytes of layers sent so far. */
  readonly sentBytes: () => number;
  /** Of all layers, compressed. */
  readonly layerBytes: number;
  /** Connections that the other side closed before their layer was whole. */
  readonly abandoned: () => number;
}

interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const CHUNK = 64 * 1024;

export async function startRegistry(options: {
  readonly layers: number;
  readonly layerSize: number;
  /** Between chunks of 64 KiB. */
  readonly pauseMs: number;
}): Promise<RegistryServer> {
  const image = await makeImage(options.layers, options.layerSize);
  let sent = 0;
  let abandoned = 0;
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const fault = (/-(missing|private|cut|corrupt|broken)\//.exec(path)?.[1] ?? 'none') as RegistryFault;
    response.setHeader('docker-distribution-api-version', 'registry/2.0');
    if (path === '/v2/' || path === '/v2') return void response.end('{}');
    if (fault === 'private') return refuse(response, 401, 'UNAUTHORIZED', 'authentication required');
    if (fault === 'broken') return refuse(response, 500, 'UNKNOWN', 'the storage of this registry is on fire');
    if (/\/manifests\//.test(path)) {
      if (fault === 'missing') return refuse(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
      response.setHeader('content-type', MANIFEST).setHeader('docker-content-digest', image.manifest.digest);
      response.setHeader('content-length', image.manifest.bytes.length);
      return void response.end(request.method === 'HEAD' ? '' : image.manifest.bytes);
    }
    const blob = image.blobs.get(/\/blobs\/(sha256:[0-9a-f]+)$/.exec(path)?.[1] ?? '');
    if (blob === undefined) return refuse(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
    await sendBlob(response, blob, blob.digest === image.config.digest ? 'none' : fault);
  }

  async function sendBlob(response: ServerResponse, blob: Blob, fault: RegistryFault): Promise<void> {
    const bytes = fault === 'corrupt' ? Buffer.from(blob.bytes).fill(0, 100, 200) : blob.bytes;
    response.on('close', () => {
      if (!response.writableFinished) abandoned += 1;
    });
    response.setHeader('content-type', 'application/octet-stream').setHeader('content-length', bytes.length);
    async function* chunks(): AsyncGenerator<Buffer, void, void> {
      for (let at = 0; at < bytes.length; at += CHUNK) {
        if (fault === 'cut' && at > bytes.length / 2) throw new Error('the connection is to break');
        const chunk = bytes.subarray(at, at + CHUNK);
        yield chunk;
        sent += chunk.length;
        if (options.pauseMs > 0) await sleep(options.pauseMs);
      }
    }
    await pipeline(chunks, response);
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    prefix: `127.0.0.1:${(server.address() as AddressInfo).port}/`,
    sentBytes: () => sent,
    layerBytes: image.layerBytes,
    abandoned: () => abandoned,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message, detail: null }] }));
}

async function makeImage(count: number, size: number) {
  const layers = await Promise.all(Array.from({ length: count }, async (_, at) => makeLayer(at, size)));
  const config = blobOf(
    Buffer.from(
      JSON.stringify({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Entrypoint: ['/bin/none'], Labels: { 'org.opencontainers.image.version': 'v9.9.9' } },
        rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
        history: layers.map(() => ({ created_by: 'a test' })),
      }),
    ),
  );
  const manifest = blobOf(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: MANIFEST,
        config: {
          mediaType: 'application/vnd.docker.container.image.v1+json',
          size: config.bytes.length,
          digest: config.digest,
        },
        layers: layers.map(({ blob }) => ({
          mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
          size: blob.bytes.length,
          digest: blob.digest,
        })),
      }),
    ),
  );
  return {
    config,
    manifest,
    blobs: new Map([config, ...layers.map(({ blob }) => blob)].map((blob) => [blob.digest, blob])),
    layerBytes: layers.reduce((sum, { blob }) => sum + blob.bytes.length, 0),
  };
}

/** Random bytes do not get smaller: what is sent is what was asked for. */
async function makeLayer(number: number, size: number): Promise<{ blob: Blob; diffId: string }> {
  const archive = pack();
  archive.entry({ name: `layer-${number}` }, randomBytes(size));
  archive.finalize();
  const tar = await buffer(archive);
  return { blob: blobOf(gzipSync(tar, { level: 1 })), diffId: sha256(tar) };
}

function blobOf(bytes: Buffer): Blob {
  return { digest: sha256(bytes), bytes };
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
