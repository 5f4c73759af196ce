import { Router, type Request, type Response } from 'express';
import { AppError, openAIErrorBody } from '../contract/errors.ts';
import type { Actor } from '../core/ports/actor.ts';
import { admits } from '../domain/gateway/circuit-breaker.ts';
import type {
  ForeignRoute,
  ForeignUpstream,
  RouteEntry,
  RouteTable,
  UpstreamTable,
} from '../domain/gateway/routing.ts';
import { servedNames } from './inference.ts';
import { credentialOf } from './request.ts';

interface V1Options {
  readonly routes: RouteTable;
  readonly upstreams: UpstreamTable;
  readonly authenticate: (token: string) => Actor | null;
  /** The owner, by session or admin token, may see what the playground shows. */
  readonly isOwner: (req: Request) => boolean;
}

/** Everything of `/v1` that is not hot: the list of models, and a clear answer to what does not exist. */
export function createV1Router({ routes, upstreams, authenticate, isOwner }: V1Options): Router {
  const router = Router();
  const modelObject = (name: string): object | null => {
    const [entry, route] = [routes.get(name), upstreams.foreign(name)];
    return entry ? ownModel(entry) : route ? foreignModel(route) : null;
  };
  router.get('/models/running', (req, res, next) => {
    if (isOwner(req)) res.json(runningModels(routes, upstreams));
    else next();
  });
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
    res.json({ object: 'list', data: servedNames(routes, upstreams).map(modelObject) });
  });
  router.get('/models/running', (_req, res) => {
    res.json(runningModels(routes, upstreams));
  });
  // A served name may hold slashes ("org/model").
  router.get('/models/*name', (req: Request<{ name: string[] }>, res) => {
    const name = req.params.name.join('/');
    const found = modelObject(name);
    if (found) res.json(found);
    else sendError(res, new AppError('model_not_found', { model: name, available: servedNames(routes, upstreams) }));
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
function ownModel(entry: RouteEntry): object {
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

function foreignModel({ servedName, createdAt, upstreams }: ForeignRoute): object {
  const [first] = upstreams;
  return {
    id: servedName,
    object: 'model',
    created: createdAt,
    owned_by: 'upstream',
    task: first?.task ?? 'generate',
    state: upstreams.some(isUp) ? 'running' : 'failed',
  };
}

function isUp({ address }: ForeignUpstream): boolean {
  return address.check?.ok !== false && admits(address.breaker, Date.now());
}

/** What can be chatted with now: the seed's list for its playground. */
function runningModels(routes: RouteTable, upstreams: UpstreamTable): object[] {
  return servedNames(routes, upstreams).flatMap((name) => {
    const entry = routes.get(name);
    const foreign = upstreams.foreign(name)?.upstreams.find(isUp);
    const own = entry?.state === 'running' ? entry : undefined;
    const answering = own ?? foreign;
    if (!answering) return [];
    return [{ served_model_name: name, task: answering.task, engine_type: answering.engine, state: 'running' }];
  });
}

function sendError(res: Response, error: AppError): void {
  res.status(error.status).json(openAIErrorBody(error));
}
