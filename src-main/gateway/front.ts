import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { adminErrorBody, AppError, openAIErrorBody } from '../contract/errors.ts';
import { guardRequest, type GuardPolicy } from '../domain/gateway/guard.ts';
import { Inference } from './inference.ts';
import { requestIdOf, sendJson } from './request.ts';

export interface FrontOptions {
  readonly policy: GuardPolicy;
  readonly inference: Inference;
  /** Everything that is not a hot route: Express. */
  readonly rest: (req: IncomingMessage, res: ServerResponse, requestId: string) => void;
  /** True once the program is ending: open answers finish, new requests are turned away. */
  readonly closing: () => boolean;
}

/** The first handler of every request: request id, `Host` and `Origin`, then the data plane or Express. */
export function createFront({ policy, inference, rest, closing }: FrontOptions): RequestListener {
  return (req, res) => {
    const requestId = requestIdOf(req);
    const url = req.url ?? '/';
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const refuse = (error: AppError) =>
      sendJson(
        req,
        res,
        requestId,
        error.status,
        path.startsWith('/v1/') ? openAIErrorBody(error) : adminErrorBody(error, requestId),
      );

    const verdict = guardRequest(
      {
        method: req.method ?? '',
        path,
        host: req.headers.host,
        origin: req.headers.origin,
        secFetchSite: header(req, 'sec-fetch-site'),
        secFetchMode: header(req, 'sec-fetch-mode'),
      },
      policy,
    );
    if (verdict.kind === 'host') {
      refuse(new AppError('host_not_allowed', { host: verdict.host }));
      return;
    }
    if (verdict.kind === 'origin') {
      refuse(new AppError('origin_not_allowed', { origin: verdict.origin }));
      return;
    }
    if (verdict.corsOrigin !== null) allowOrigin(res, verdict.corsOrigin);
    if (closing()) {
      res.setHeader('connection', 'close');
      refuse(new AppError('shutting_down', {}));
      return;
    }
    const endpoint = Inference.endpointOf(req.method ?? '', path);
    if (endpoint) {
      void inference.handle(req, res, endpoint, requestId);
      return;
    }
    res.setHeader('x-request-id', requestId);
    if (verdict.corsOrigin !== null && req.method === 'OPTIONS') res.writeHead(204).end();
    else rest(req, res, requestId);
  };
}

/** For an origin the owner listed, and for `/v1` alone. */
function allowOrigin(res: ServerResponse, origin: string): void {
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader('vary', 'Origin');
  res.setHeader('access-control-allow-methods', 'GET, POST, OPTIONS');
  res.setHeader('access-control-allow-headers', 'Authorization, Content-Type, X-Request-Id, X-Api-Key');
  res.setHeader('access-control-expose-headers', 'X-Request-Id, Retry-After');
  res.setHeader('access-control-max-age', '600');
}

function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === 'string' ? value : undefined;
}
