import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { drained } from '../http/body.ts';

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

/**
 * Answers with JSON. A body that was not read to its end is read and dropped first, within bounds: most clients look for
 * an answer only after they have sent everything, and a connection closed under their hands hides it from them.
 */
export function sendJson(
  req: IncomingMessage,
  res: ServerResponse,
  requestId: string,
  status: number,
  body: object,
): void {
  void answerAfterDraining();

  async function answerAfterDraining(): Promise<void> {
    const isWhole = await drained(req);
    if (res.headersSent || res.destroyed) return;
    const bytes = Buffer.from(JSON.stringify(body));
    res.writeHead(status, {
      'content-type': 'application/json',
      'content-length': bytes.length,
      'x-request-id': requestId,
      // What follows on this connection would be the rest of that body.
      ...(isWhole ? {} : { connection: 'close' }),
    });
    res.end(bytes);
  }
}
