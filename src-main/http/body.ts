import type { IncomingMessage } from 'node:http';
import { AppError } from '../contract/errors.ts';

/** JSON only: a simple cross-site form cannot send this type. */
export function requireJson(req: IncomingMessage): void {
  const type = req.headers['content-type'] ?? '';
  if (!/^application\/(?:[a-z.+-]*\+)?json\s*(?:;|$)/i.test(type)) {
    throw new AppError('unsupported_media_type', { received: type === '' ? 'nothing' : type });
  }
}

/** The whole body, at most `limitBytes`, counted while it comes: a chunked body carries no length. */
export function readBody(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const declared = Number(req.headers['content-length'] ?? 0);
  if (declared > limitBytes) return Promise.reject(new AppError('body_too_large', { limitBytes }));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        req.removeAllListeners('data');
        req.pause();
        reject(new AppError('body_too_large', { limitBytes }));
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

/** @throws AppError `invalid_json` with the parser's own words. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (error) {
    throw new AppError('invalid_json', { detail: error instanceof Error ? error.message : String(error) });
  }
}

export function parseJsonObject(body: Buffer): Record<string, unknown> {
  const parsed = parseJson(body);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new AppError('invalid_json', { detail: 'an object was expected' });
  }
  return parsed as Record<string, unknown>;
}

/** How much of a refused upload is read and dropped, and for how long, before the answer is given all the same. */
const DRAINED_BYTES = 64 * 1024 * 1024;
const DRAINED_MS = 2_000;

/** Resolves with true once the request's body has been read to its end, with false when that takes too much. */
export function drained(req: IncomingMessage): Promise<boolean> {
  if (req.complete || req.method === 'GET' || req.method === 'HEAD') return Promise.resolve(true);
  return new Promise((resolve) => {
    let left = DRAINED_BYTES;
    const limit = setTimeout(() => finish(false), DRAINED_MS);
    const finish = (isWhole: boolean) => {
      clearTimeout(limit);
      req.removeAllListeners('data');
      if (!isWhole) req.pause();
      resolve(isWhole);
    };
    req.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) finish(false);
    });
    req.once('end', () => finish(true));
    req.once('close', () => finish(false));
    req.resume();
  });
}
