import { protocol, type Session } from 'electron';
import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { CONTENT_SECURITY_POLICY } from '../api/site.ts';

export const APP_SCHEME = 'app';
/** The one page of the window. */
export const APP_URL = `${APP_SCHEME}://cortex/index.html`;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Before the app is ready: the scheme gets an origin of its own, as https has. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

/** Serves the built renderer, and nothing outside its folder. */
export function serveApp(session: Session, rendererDir: string): void {
  session.protocol.handle(APP_SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    const served = host === 'cortex' && request.method === 'GET' ? await readConfined(rendererDir, pathname) : null;
    const headers = { 'content-security-policy': CONTENT_SECURITY_POLICY, 'x-content-type-options': 'nosniff' };
    if (served === null) return new Response('Not found', { status: 404, headers });
    const type = TYPES[extname(served.file)] ?? 'application/octet-stream';
    return new Response(served.bytes, { headers: { ...headers, 'content-type': type } });
  });
}

/** A file below the folder, links resolved; null for anything else that a path may name. */
async function readConfined(root: string, path: string): Promise<{ file: string; bytes: Buffer<ArrayBuffer> } | null> {
  try {
    const [base, file] = await Promise.all([realpath(root), realpath(join(root, decodeURIComponent(path)))]);
    return file.startsWith(base + sep) ? { file, bytes: await readFile(file) } : null;
  } catch {
    return null;
  }
}
