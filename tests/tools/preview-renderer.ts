import { createServer, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { OpenAPIHandler } from '@orpc/openapi/node';
import { SmartCoercionPlugin } from '@orpc/json-schema';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { fakeAdminApi, type Scenario } from '../fakes/admin-api.ts';

/**
 * Serves the built window over a fake admin API (a test double, not the program), to look at its screens:
 * `node tests/tools/preview-renderer.ts --scenario empty|full|no-engine|no-docker --port 5199`
 */
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-ancestors 'none'";

async function sendFile(root: string, path: string, response: ServerResponse): Promise<void> {
  const file = resolve(join(root, path === '/' ? 'index.html' : path));
  if (!file.startsWith(root)) {
    response.writeHead(404).end();
    return;
  }
  try {
    const body = await readFile(file);
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

export interface Preview {
  readonly url: string;
  readonly close: () => void;
}

/** Starts the preview on a loopback port (0 takes a free one). */
export async function servePreview(root: string, scenario: Scenario, port: number): Promise<Preview> {
  const handler = new OpenAPIHandler(fakeAdminApi(scenario), {
    plugins: [new SmartCoercionPlugin({ schemaConverters: [new ZodToJsonSchemaConverter()] })],
    customErrorResponseBodyEncoder: (error) => ({
      error: { code: error.code, message: error.message, ...(error.data as object) },
      request_id: 'req_preview',
    }),
  });
  const server = createServer((request, response) => {
    response.setHeader('content-security-policy', POLICY);
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path.startsWith('/admin/')) {
      void handler
        .handle(request, response)
        .then(({ matched }) => (matched ? undefined : response.writeHead(404).end()));
    } else void sendFile(root, path, response);
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const address = server.address();
  const taken = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${taken}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', default: 'full' },
      port: { type: 'string', default: '5199' },
      root: { type: 'string', default: 'out/renderer' },
    },
  });
  const { url } = await servePreview(resolve(values.root), values.scenario as Scenario, Number(values.port));
  console.log(`Preview with a fake admin API at ${url}`);
}
