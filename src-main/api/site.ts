import express, { type Express, type Request } from 'express';
import type { IncomingMessage } from 'node:http';
import type { Owner } from '../core/services/access/owner.ts';
import type { ApiHost } from './context.ts';
import { createLoginRouter, ownerOf } from './login.ts';
import { createRestHandler, sendEnvelope } from './rest.ts';
import { AppError } from '../contract/errors.ts';

export interface SiteOptions {
  readonly host: ApiHost;
  readonly owner: Owner;
  /** The built renderer. */
  readonly rendererDir: string;
  readonly version: string;
  /** The rest of `/v1`, made by the gateway. */
  readonly v1: express.Router;
}

export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/** Everything Express serves: health, login, the admin API and its description, `/v1` beside the hot routes, the window's files. */
export function createSite({ host, owner, rendererDir, version, v1 }: SiteOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use((_req, res, next) => {
    res.setHeader('x-content-type-options', 'nosniff');
    res.setHeader('referrer-policy', 'same-origin');
    res.setHeader('cross-origin-opener-policy', 'same-origin');
    res.setHeader('cross-origin-resource-policy', 'same-origin');
    res.setHeader('content-security-policy', CONTENT_SECURITY_POLICY);
    next();
  });
  app.get('/health', (_req, res) => {
    res.json({ status: 'ok' });
  });
  app.use('/v1', v1);

  const rest = createRestHandler({ host, authenticate: (req: IncomingMessage) => ownerOf(req, owner) });
  app.use((req, res, next) => {
    if (!req.path.startsWith('/admin/')) {
      next();
      return;
    }
    rest(req, res, assignedRequestId(req)).catch(next);
  });
  app.use(createLoginRouter(owner));
  app.get('/openapi.json', async (_req, res) => {
    const { generateOpenApi } = await import('./openapi.ts');
    res.json(await generateOpenApi(version));
  });
  app.get('/docs', async (_req, res) => {
    const [{ generateOpenApi }, { renderReference }] = await Promise.all([
      import('./openapi.ts'),
      import('./reference-page.ts'),
    ]);
    res.type('html').send(renderReference(await generateOpenApi(version)));
  });
  app.use(
    express.static(rendererDir, {
      setHeaders: (res, path) =>
        res.setHeader(
          'cache-control',
          /[/\\]assets[/\\]/.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
        ),
    }),
  );
  app.use((req, res) => sendEnvelope(res, new AppError('not_found', { what: req.path }), assignedRequestId(req)));
  app.use((error: unknown, req: Request, res: express.Response, _next: express.NextFunction) => {
    const status = statusOf(error);
    if (status === null) host.logBug(error, assignedRequestId(req));
    if (res.headersSent) res.destroy();
    else
      sendEnvelope(
        res,
        status === null
          ? new AppError('internal_error', {})
          : new AppError('validation_failed', { issues: [{ field: '', message: 'The request could not be read.' }] }),
        assignedRequestId(req),
      );
  });
  return app;
}

/** The front has set it before Express sees the request. */
function assignedRequestId(req: Request): string {
  return String(req.res?.getHeader('x-request-id') ?? '');
}

/** The 4xx status of Express's own refusals (a malformed percent escape, say); null for a bug. */
function statusOf(error: unknown): number | null {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : null;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}
