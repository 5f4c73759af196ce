import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, openAIErrorBody } from '../contract/errors.ts';
import type { Actor } from '../core/ports/actor.ts';
import type { Usage } from '../core/services/usage/usage.ts';
import type { Address } from '../domain/gateway/address.ts';
import { decideRoute, type Endpoint, type RouteDecision, type RouteRefusal } from '../domain/gateway/route-decision.ts';
import type { ForeignRoute, RouteTable, UpstreamTable } from '../domain/gateway/routing.ts';
import { cameThrough } from '../domain/gateway/via.ts';
import { ClientGoneError, parseJsonObject, readBody, requireJson } from '../http/body.ts';
import type { Outcome, Refusal } from './answer.ts';
import { HttpSink, type AnswerSink } from './answer-sink.ts';
import { Attempt, PATHS, type Destination, type InferenceCall } from './attempt.ts';
import { EngineClient } from './engine-client.ts';
import { Meter } from './meter.ts';
import { credentialOf, sendJson } from './request.ts';

const MAX_BODY_BYTES = 32 * 1024 * 1024;

export interface InferenceOptions {
  readonly routes: RouteTable;
  readonly upstreams: UpstreamTable;
  readonly ledger: Usage;
  readonly authenticate: (token: string) => Actor | null;
  /** Called with the model of a request that goes to its engine. */
  readonly touch: (modelId: number) => void;
  readonly logBug: (error: unknown, requestId: string) => void;
  /** How long a request waits for a model that is loading; 0 answers 503 with `Retry-After` at once. */
  readonly waitForLoadMs: number;
}

type Settled = Exclude<RouteDecision, { kind: 'wait' }>;

/** What a route decision needs to know of a request, beside the state of the world. */
interface Wish {
  readonly servedName: string;
  readonly endpoint: Endpoint;
  readonly foreign: ForeignRoute | undefined;
  readonly isLoop: boolean;
  /** Servers that could not take it. */
  readonly tried: Address[];
}

/** The data plane: authenticate, decide the route, forward the bytes, read along, write the ledger. */
export class Inference implements AsyncDisposable {
  readonly #options: InferenceOptions;
  readonly #client = new EngineClient();
  /** Ends each answer that is being given. */
  readonly #open = new Set<Attempt>();
  /** Our name in `Via`: another one each time the program starts, so that it says nothing about this machine. */
  readonly #self = `cortex-${randomBytes(8).toString('hex')}`;
  #turn = 0;
  // Made once, not for every request.
  readonly #available = () => servedNames(this.#options.routes, this.#options.upstreams);
  readonly #addressOf = (origin: string) => this.#options.upstreams.addressOf(origin);

  constructor(options: InferenceOptions) {
    this.#options = options;
  }

  /** The endpoint of a hot route, or null for everything that Express serves. */
  static endpointOf(method: string, path: string): Endpoint | null {
    if (method !== 'POST') return null;
    if (path === PATHS.chat) return 'chat';
    if (path === PATHS.completions) return 'completions';
    return path === PATHS.embeddings ? 'embeddings' : null;
  }

  async handle(req: IncomingMessage, res: ServerResponse, endpoint: Endpoint, requestId: string): Promise<void> {
    const meter = new Meter(this.#options.ledger, endpoint, requestId);
    try {
      meter.actor = this.#authenticate(req);
      requireScope(meter.actor, endpoint);
      requireJson(req);
      const bytes = await readBody(req, MAX_BODY_BYTES);
      await this.run(
        { endpoint, requestId, via: req.headers.via, bytes, json: parseJsonObject(bytes) },
        meter,
        new HttpSink(res, requestId),
        (refusal) => {
          if (refusal.retryAfterS !== undefined) res.setHeader('retry-after', refusal.retryAfterS);
          if (refusal.kind === 'app') {
            sendJson(req, res, requestId, refusal.error.status, openAIErrorBody(refusal.error));
          } else {
            sendJson(req, res, requestId, refusal.status, refusal.body);
          }
        },
      );
    } catch (error) {
      this.#fail(error, meter, requestId, (known) => {
        if (known.status === 401) res.setHeader('www-authenticate', 'Bearer');
        sendJson(req, res, requestId, known.status, openAIErrorBody(known));
      });
    }
  }

  /** From a parsed request to the end of its answer. Refusals go to `refuse`, and the ledger has them either way. */
  async run(call: InferenceCall, meter: Meter, sink: AnswerSink, refuse: (refusal: Refusal) => void): Promise<void> {
    const servedName = call.json['model'];
    if (typeof servedName !== 'string' || servedName === '') {
      throw new AppError('validation_failed', { issues: [{ field: 'model', message: 'name the model, as a string' }] });
    }
    meter.modelName = servedName;
    meter.stream = call.json['stream'] === true;
    let gone = false;
    let attempt: Attempt | null = null;
    sink.onGone(() => {
      gone = true;
      attempt?.leave();
    });
    const wish: Wish = {
      servedName,
      endpoint: call.endpoint,
      foreign: this.#options.upstreams.foreign(servedName),
      isLoop: cameThrough(call.via, this.#self),
      tried: [],
    };
    let last: Refusal | null = null;
    for (;;) {
      const first = this.#decide(wish, 0);
      const route = first.kind === 'wait' ? await this.#wait(wish, first.untilMs, () => gone) : first;
      if (gone) {
        meter.clientClosed();
        return;
      }
      if (route.kind === 'refuse') {
        refuseAndRecord(last ?? refusalOf(route), meter, refuse);
        return;
      }
      attempt = this.#begin(call, wish, route, sink, meter);
      const outcome: Outcome = await attempt.outcome;
      this.#open.delete(attempt);
      attempt = null;
      if (outcome.refusal === null) return;
      last = worthier(last, outcome.refusal);
      // Without other servers the answer is this one's.
      if (outcome.mayTryAnother && wish.foreign !== undefined) continue;
      refuseAndRecord(outcome.mayTryAnother ? last : outcome.refusal, meter, refuse);
      return;
    }
  }

  #begin(call: InferenceCall, wish: Wish, destination: Destination, sink: AnswerSink, meter: Meter): Attempt {
    const { upstreams, touch } = this.#options;
    let address: Address;
    if (destination.kind === 'ready') {
      const { modelId, target } = destination.entry;
      address = upstreams.addressOf(target.origin);
      meter.modelId = modelId;
      meter.upstream = null;
      touch(modelId);
    } else {
      ({ address } = destination.upstream);
      meter.modelId = null;
      meter.upstream = address.url;
    }
    wish.tried.push(address);
    this.#turn += 1;
    const attempt = new Attempt({
      call,
      model: wish.servedName,
      destination,
      address,
      self: this.#self,
      client: this.#client,
      sink,
      meter,
      turn: this.#turn,
    });
    this.#open.add(attempt);
    return attempt;
  }

  /** The program ends and cannot wait any longer: answers that are still being given are told so. */
  endAll(): void {
    for (const attempt of this.#open) attempt.cutOff(new AppError('shutting_down', {}));
  }

  #authenticate(req: IncomingMessage): Actor {
    const credential = credentialOf(req);
    if (credential === null) throw new AppError('missing_api_key', {});
    const actor = this.#options.authenticate(credential);
    if (!actor) throw new AppError('invalid_api_key', {});
    return actor;
  }

  #decide(wish: Wish, waitUntilMs: number): RouteDecision {
    const { routes, waitForLoadMs } = this.#options;
    const nowMs = Date.now();
    return decideRoute({
      servedName: wish.servedName,
      endpoint: wish.endpoint,
      entry: routes.get(wish.servedName),
      available: this.#available,
      waitUntilMs: waitUntilMs === 0 ? nowMs + waitForLoadMs : waitUntilMs,
      nowMs,
      foreign: wish.foreign,
      addressOf: this.#addressOf,
      tried: wish.tried,
      isLoop: wish.isLoop,
    });
  }

  async #wait(wish: Wish, untilMs: number, gone: () => boolean): Promise<Settled> {
    for (;;) {
      const decision = this.#decide(wish, gone() ? 1 : untilMs);
      if (decision.kind !== 'wait') return decision;
      // Looks up at least once a second, so that a caller who left is noticed.
      const pause = Math.max(1, Math.min(1_000, untilMs - Date.now()));
      await this.#options.routes.changed(decision.modelId, AbortSignal.timeout(pause));
    }
  }

  #fail(error: unknown, meter: Meter, requestId: string, answer: (known: AppError) => void): void {
    if (error instanceof ClientGoneError) {
      meter.clientClosed();
      return;
    }
    if (!(error instanceof AppError)) this.#options.logBug(error, requestId);
    const known = error instanceof AppError ? error : new AppError('internal_error', {});
    meter.finish(known.status, known.code);
    answer(known);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

/** Each endpoint has the scope of its name; the owner has all. */
function requireScope(actor: Actor, endpoint: Endpoint): void {
  if (actor.kind === 'key' && !actor.scopes.includes(endpoint)) {
    throw new AppError('insufficient_scope', { required: endpoint, granted: actor.scopes });
  }
}

/** All names that can be asked for, ours and others', sorted. */
export function servedNames(routes: RouteTable, upstreams: UpstreamTable): string[] {
  const names = new Set([...routes.entries(), ...upstreams.foreignRoutes()].map(({ servedName }) => servedName));
  return [...names].toSorted((a, b) => (a < b ? -1 : 1));
}

function refuseAndRecord(refusal: Refusal, meter: Meter, refuse: (refusal: Refusal) => void): void {
  if (refusal.kind === 'app') meter.finish(refusal.error.status, refusal.error.code);
  else meter.finish(refusal.status, refusal.code ?? 'engine_error');
  refuse(refusal);
}

/** Of several servers' refusals: "too many requests" tells a caller more than that another server is down. */
function worthier(last: Refusal | null, next: Refusal): Refusal {
  return last?.kind === 'engine' && last.status === 429 ? last : next;
}

function refusalOf({ refusal, retryAfterS }: Extract<RouteDecision, { kind: 'refuse' }>): Refusal {
  const error = toAppError(refusal);
  return retryAfterS === null ? { kind: 'app', error } : { kind: 'app', error, retryAfterS };
}

function toAppError(refusal: RouteRefusal): AppError {
  switch (refusal.code) {
    case 'model_not_found':
      return new AppError(refusal.code, refusal.data);
    case 'model_not_running':
      return new AppError(refusal.code, refusal.data);
    case 'model_loading':
      return new AppError(refusal.code, refusal.data);
    case 'upstreams_unavailable':
      return new AppError(refusal.code, refusal.data);
    case 'upstream_loop':
      return new AppError(refusal.code, refusal.data);
    default:
      return new AppError(refusal.code, refusal.data);
  }
}
