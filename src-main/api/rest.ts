import { AsyncLocalStorage } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { SmartCoercionPlugin } from '@orpc/json-schema';
import { OpenAPIHandler } from '@orpc/openapi/node';
import { ZodToJsonSchemaConverter } from '@orpc/zod/zod4';
import { adminErrorBody, AppError } from '../contract/errors.ts';
import { contract } from '../contract/index.ts';
import type { Actor } from '../core/ports/actor.ts';
import { drained, parseJson, readBody, requireJson } from '../http/body.ts';
import type { ApiHost, CallContext } from './context.ts';
import { toEnvelope, withWireErrors } from './errors.ts';
import { createRouter } from './router.ts';

const ADMIN_BODY_BYTES = 4 * 1024 * 1024;

export interface RestOptions {
  readonly host: ApiHost;
  readonly authenticate: (req: IncomingMessage) => Actor | null;
}

/** The contract over HTTP, at the seed's paths. */
export function createRestHandler({ host, authenticate }: RestOptions) {
  const requestIds = new AsyncLocalStorage<string>();
  const handler = new OpenAPIHandler<CallContext>(createRouter(host), {
    plugins: [new SmartCoercionPlugin({ schemaConverters: [new ZodToJsonSchemaConverter()] })],
    clientInterceptors: [({ next, context }) => withWireErrors(next, context.requestId, host.logBug)],
    customErrorResponseBodyEncoder: (error) => toEnvelope(error, requestIds.getStore() ?? ''),
  });

  return async function rest(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<void> {
    try {
      const actor = authenticate(req);
      // Before a byte of the body is read.
      if (!actor) throw new AppError('unauthenticated', {});
      if (hasBody(req)) await readJsonBody(req);
      const context: CallContext = { actor, transport: 'http', requestId };
      const { matched } = await requestIds.run(requestId, () => handler.handle(req, res, { context }));
      if (!matched) throw unmatched(req);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      await drained(req);
      sendEnvelope(res, error, requestId);
    }
  };
}

export function sendEnvelope(res: ServerResponse, error: AppError, requestId: string): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(error.status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(adminErrorBody(error, requestId)));
}

function hasBody(req: IncomingMessage): boolean {
  return req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length'] ?? 0) > 0;
}

/** Leaves the parsed body where oRPC looks for one, so that an unreadable one is refused in our own words. */
async function readJsonBody(req: IncomingMessage & { body?: unknown }): Promise<void> {
  requireJson(req);
  req.body = parseJson(await readBody(req, ADMIN_BODY_BYTES));
}

/** A path that exists with another method is told apart from one that does not. */
function unmatched(req: IncomingMessage): AppError {
  const method = req.method ?? '';
  const path = (req.url ?? '').split('?')[0] ?? '';
  return ROUTES.some((route) => route.test(path))
    ? new AppError('method_not_allowed', { method, path })
    : new AppError('not_found', { what: `${method} ${path}` });
}

/** The contract's paths, `{parameters}` standing for one segment and `{+parameters}` for the rest. */
const ROUTES = Object.values(contract)
  .flatMap((group) => Object.values(group))
  .map(({ '~orpc': { route } }) => {
    const path = (route.path ?? '').replaceAll(/\{\+[^}]+\}/g, '.+').replaceAll(/\{[^}]+\}/g, '[^/]+');
    return new RegExp(`^${path}$`);
  });
