import { Router, type Request, type Response } from 'express';
import { AppError, openAIErrorBody } from '../contract/errors.ts';
import type { Actor } from '../core/ports/actor.ts';
import type { RouteEntry, RouteTable } from '../domain/gateway/routing.ts';
import { credentialOf } from './request.ts';

interface V1Options {
  readonly routes: RouteTable;
  readonly authenticate: (token: string) => Actor | null;
}

/** Everything of `/v1` that is not hot: the list of models, and a clear answer to what does not exist. */
export function createV1Router({ routes, authenticate }: V1Options): Router {
  const router = Router();
  router.use((req, res, next) => {
    const credential = credentialOf(req);
    const actor = credential === null ? null : authenticate(credential);
    if (actor) next();
    else
      sendError(
        res.setHeader('www-authenticate', 'Bearer'),
        new AppError(credential === null ? 'missing_api_key' : 'invalid_api_key', {}),
      );
  });
  router.get('/models', (_req, res) => {
    res.json({ object: 'list', data: routes.entries().map(toModelObject) });
  });
  // A served name may hold slashes ("org/model").
  router.get('/models/*name', (req: Request<{ name: string[] }>, res) => {
    const name = req.params.name.join('/');
    const entry = routes.get(name);
    if (entry) res.json(toModelObject(entry));
    else
      sendError(
        res,
        new AppError('model_not_found', { model: name, available: routes.entries().map((other) => other.servedName) }),
      );
  });
  router.use((req, res) => {
    const known = ['/chat/completions', '/completions', '/embeddings', '/models'].includes(req.path);
    sendError(
      res,
      known
        ? new AppError('method_not_allowed', { method: req.method, path: req.baseUrl + req.path })
        : new AppError('not_found', { what: `${req.method} ${req.baseUrl}${req.path}` }),
    );
  });
  return router;
}

/** OpenAI's model object; `state` and the context beside it, as other local servers do. */
function toModelObject(entry: RouteEntry): object {
  return {
    id: entry.servedName,
    object: 'model',
    created: Math.floor(entry.createdAt),
    owned_by: 'cortex',
    task: entry.task,
    state: entry.state,
    ...(entry.contextLength === null ? {} : { context_length: entry.contextLength }),
  };
}

function sendError(res: Response, error: AppError): void {
  res.status(error.status).json(openAIErrorBody(error));
}
