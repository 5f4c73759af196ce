import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../contract/errors.ts';

export const MAX_BODY_BYTES = 32 * 1024 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/;

/** The caller's own request id where it is harmless, else a new one. */
export function requestIdOf(req: IncomingMessage): string {
  const given = req.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** The credential of a request, whichever of the usual headers carries it: one place, so that no style is forgotten. */
export function credentialOf(req: IncomingMessage): string | null {
  const { authorization } = req.headers;
  if (authorization !== undefined) {
    const bearer = /^Bearer +(?<token>\S+)\s*$/i.exec(authorization);
    return bearer?.groups?.['token'] ?? '';
  }
  for (const name of ['x-api-key', 'api-key']) {
    const value = req.headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

/** JSON only: a simple cross-site form cannot send this type. */
export function requireJson(req: IncomingMessage): void {
  const type = req.headers['content-type'] ?? '';
  if (!/^application\/(?:[a-z.+-]*\+)?json\s*(?:;|$)/i.test(type)) {
    throw new AppError('unsupported_media_type', { received: type === '' ? 'nothing' : type });
  }
}

/** The whole body, at most `MAX_BODY_BYTES`, counted while it comes: a chunked body carries no length. */
export function readBody(req: IncomingMessage): Promise<Buffer> {
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > MAX_BODY_BYTES) return Promise.reject(new AppError('body_too_large', { limitBytes: MAX_BODY_BYTES }));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        req.removeAllListeners('data');
        req.pause();
        reject(new AppError('body_too_large', { limitBytes: MAX_BODY_BYTES }));
        return;
      }
      chunks.push(chunk);
    });
    req.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size)));
    req.on('error', reject);
    req.on('aborted', () => reject(new ClientGoneError()));
  });
}

/** The caller closed the connection; nobody is left to answer. */
export class ClientGoneError extends Error {
  constructor() {
    super('the client closed the connection');
    this.name = 'ClientGoneError';
  }
}

export function parseJsonObject(body: Buffer): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new AppError('invalid_json', { detail: error instanceof Error ? error.message : String(error) });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('invalid_json', { detail: 'an object was expected' });
  }
  return parsed as Record<string, unknown>;
}

/**
 * Answers with JSON. When the request's body was not read to its end the connection is closed after the answer, since
 * what follows on it is the rest of that body.
 */
export function sendJson(
  req: IncomingMessage,
  res: ServerResponse,
  requestId: string,
  status: number,
  body: object,
): void {
  if (res.headersSent || res.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  const unread = !req.complete && req.method !== 'GET' && req.method !== 'HEAD';
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'x-request-id': requestId,
    ...(unread ? { connection: 'close' } : {}),
  });
  res.end(bytes, () => {
    if (unread) discardRest(req);
  });
}

/** Lets a client that is still sending read its answer before the connection goes: at most a second, and without keeping a byte. */
function discardRest(req: IncomingMessage): void {
  req.resume();
  setTimeout(() => req.destroy(), 1_000).unref();
}
