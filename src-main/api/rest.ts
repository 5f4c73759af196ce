import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SmartCoercionPlugin } from '@orpc/json-schema';
import { OpenAPIHandler } from '@orpc/openapi/node';
import { BodyLimitPlugin } from '@orpc/server/node';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { adminErrorBody, AppError } from '../contract/errors.ts';
import type { Actor } from '../core/ports/actor.ts';
import type { ApiHost, CallContext } from './context.ts';
import { ADMIN_BODY_BYTES, toEnvelope, withWireErrors } from './errors.ts';
import { createRouter } from './router.ts';

export interface RestOptions {
  readonly host: ApiHost;
  readonly authenticate: (req: IncomingMessage) => Actor | null;
}

/** The contract over HTTP, at the seed's paths. Stands before any body parser, since it reads the body itself. */
export function createRestHandler({ host, authenticate }: RestOptions) {
  const requestIds = new AsyncLocalStorage<string>();
  const handler = new OpenAPIHandler<CallContext>(createRouter(host), {
    plugins: [
      new SmartCoercionPlugin({ schemaConverters: [new ZodToJsonSchemaConverter()] }),
      new BodyLimitPlugin({ maxBodySize: ADMIN_BODY_BYTES }),
    ],
    clientInterceptors: [({ next, context }) => withWireErrors(next, context.requestId, host.logBug)],
    customErrorResponseBodyEncoder: (error) => toEnvelope(error, requestIds.getStore() ?? ''),
  });

  return async function rest(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<void> {
    const refusal = bodyTypeRefusal(req);
    if (refusal) {
      sendEnvelope(res, refusal, requestId);
      return;
    }
    const context: CallContext = { actor: authenticate(req), transport: 'http', requestId };
    const { matched } = await requestIds.run(requestId, () => handler.handle(req, res, { context }));
    if (!matched)
      sendEnvelope(
        res,
        new AppError('not_found', { what: `${req.method ?? ''} ${(req.url ?? '').split('?')[0] ?? ''}` }),
        requestId,
      );
  };
}

export function sendEnvelope(res: ServerResponse, error: AppError, requestId: string): void {
  res.writeHead(error.status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(adminErrorBody(error, requestId)));
}

/** A body must say that it is JSON: a simple cross-site form cannot. */
function bodyTypeRefusal(req: IncomingMessage): AppError | null {
  const hasBody = req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
  const type = req.headers['content-type'] ?? '';
  if (!hasBody || /^application\/json\s*(?:;|$)/i.test(type)) return null;
  return new AppError('unsupported_media_type', { received: type === '' ? 'nothing' : type });
}
