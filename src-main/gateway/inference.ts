import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError, openAIErrorBody } from '../contract/errors.ts';
import type { Actor } from '../core/ports/actor.ts';
import type { Usage } from '../core/services/usage/usage.ts';
import { planBody, type BodyPlan } from '../domain/gateway/request-body.ts';
import { decideRoute, type Endpoint, type RouteDecision, type RouteRefusal } from '../domain/gateway/route-decision.ts';
import type { RouteTable } from '../domain/gateway/routing.ts';
import { ClientGoneError, parseJsonObject, readBody, requireJson } from '../http/body.ts';
import { Answer, type Refusal } from './answer.ts';
import { HttpSink, type AnswerSink } from './answer-sink.ts';
import { EngineClient } from './engine-client.ts';
import { Meter } from './meter.ts';
import { credentialOf, sendJson } from './request.ts';

const PATHS: Record<Endpoint, string> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  embeddings: '/v1/embeddings',
};
const PROMPT_PARAMS: Record<Endpoint, string> = { chat: 'messages', completions: 'prompt', embeddings: 'input' };
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const DEFAULT_REQUEST_TIMEOUT_MS = 1_800_000;
const DEFAULT_STREAM_TIMEOUT_MS = 600_000;

export interface InferenceOptions {
  readonly routes: RouteTable;
  readonly ledger: Usage;
  readonly authenticate: (token: string) => Actor | null;
  /** Called with the model of a request that goes to its engine. */
  readonly touch: (modelId: number) => void;
  readonly logBug: (error: unknown, requestId: string) => void;
  /** How long a request waits for a model that is loading; 0 answers 503 with `Retry-After` at once. */
  readonly waitForLoadMs: number;
}

type Settled = Exclude<RouteDecision, { kind: 'wait' }>;

/** A parsed request on its way to an engine. */
export interface InferenceCall {
  readonly endpoint: Endpoint;
  readonly requestId: string;
  readonly bytes: Buffer;
  readonly json: Readonly<Record<string, unknown>>;
}

/** The data plane: authenticate, decide the route, forward the bytes, read along, write the ledger. */
export class Inference implements AsyncDisposable {
  readonly #options: InferenceOptions;
  readonly #client = new EngineClient();
  /** Ends each answer that is being given. */
  readonly #open = new Set<(reason: AppError) => void>();

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
        { endpoint, requestId, bytes, json: parseJsonObject(bytes) },
        meter,
        new HttpSink(res, requestId),
        (refusal) => {
          if (refusal.kind === 'app') {
            if (refusal.retryAfterS !== undefined) res.setHeader('retry-after', refusal.retryAfterS);
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
    let abort: () => void = () => undefined;
    sink.onGone(() => {
      gone = true;
      abort();
    });
    const first = this.#decide(servedName, call.endpoint, 0);
    const route =
      first.kind === 'wait' ? await this.#wait(servedName, call.endpoint, first.untilMs, () => gone) : first;
    if (gone) {
      meter.clientClosed();
      return;
    }
    const refuseAndRecord = (refusal: Refusal) => {
      meter.finish(
        refusal.kind === 'app' ? refusal.error.status : refusal.status,
        refusal.kind === 'app' ? refusal.error.code : (refusal.code ?? 'engine_error'),
      );
      refuse(refusal);
    };
    if (route.kind === 'refuse') {
      const error = toAppError(route.refusal);
      refuseAndRecord(
        route.retryAfterS === null ? { kind: 'app', error } : { kind: 'app', error, retryAfterS: route.retryAfterS },
      );
      return;
    }
    const { entry } = route;
    meter.modelId = entry.modelId;
    this.#options.touch(entry.modelId);
    const plan = planBody(call.json, entry.requestDefaults);
    const timeoutMs = entry.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#open.delete(cutOff);
        resolve();
      };
      const answer = new Answer({
        model: servedName,
        promptParam: PROMPT_PARAMS[call.endpoint],
        contextLength: entry.contextLength,
        removeUsageChunk: plan.removeUsageChunk,
        timeoutMs,
        sink,
        meter,
        done,
        refuse: (refusal) => {
          if (gone) meter.clientClosed();
          else refuseAndRecord(refusal);
          done();
        },
      });
      const end = this.#client.send(
        {
          origin: entry.target.origin,
          path: PATHS[call.endpoint],
          authorization: entry.target.authorization,
          requestId: call.requestId,
          accept: meter.stream ? 'text/event-stream' : 'application/json',
          body: plannedBytes(call, plan),
          headersTimeoutMs: timeoutMs,
          bodyTimeoutMs: entry.streamTimeoutMs ?? DEFAULT_STREAM_TIMEOUT_MS,
        },
        answer,
      );
      const cutOff = (reason: AppError) => {
        answer.cutOff(reason);
        end();
      };
      this.#open.add(cutOff);
      abort = () => {
        answer.readPartial();
        meter.clientClosed();
        end();
        done();
      };
      if (gone) abort();
    });
  }

  /** The program ends and cannot wait any longer: answers that are still being given are told so. */
  endAll(): void {
    for (const cutOff of this.#open) cutOff(new AppError('shutting_down', {}));
  }

  #authenticate(req: IncomingMessage): Actor {
    const credential = credentialOf(req);
    if (credential === null) throw new AppError('missing_api_key', {});
    const actor = this.#options.authenticate(credential);
    if (!actor) throw new AppError('invalid_api_key', {});
    return actor;
  }

  #decide(servedName: string, endpoint: Endpoint, waitUntilMs: number): RouteDecision {
    const { routes, waitForLoadMs } = this.#options;
    const nowMs = Date.now();
    return decideRoute({
      servedName,
      endpoint,
      entry: routes.get(servedName),
      available: () => routes.entries().map((entry) => entry.servedName),
      waitUntilMs: waitUntilMs === 0 ? nowMs + waitForLoadMs : waitUntilMs,
      nowMs,
    });
  }

  async #wait(servedName: string, endpoint: Endpoint, untilMs: number, gone: () => boolean): Promise<Settled> {
    for (;;) {
      const decision = this.#decide(servedName, endpoint, gone() ? 1 : untilMs);
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

function plannedBytes(call: InferenceCall, plan: BodyPlan): Buffer {
  if (plan.replace) return Buffer.from(JSON.stringify(plan.replace));
  if (plan.insert === '') return call.bytes;
  const brace = call.bytes.indexOf('{') + 1;
  return Buffer.concat([call.bytes.subarray(0, brace), Buffer.from(plan.insert), call.bytes.subarray(brace)]);
}

function toAppError(refusal: RouteRefusal): AppError {
  switch (refusal.code) {
    case 'model_not_found':
      return new AppError(refusal.code, refusal.data);
    case 'model_not_running':
      return new AppError(refusal.code, refusal.data);
    case 'model_loading':
      return new AppError(refusal.code, refusal.data);
    default:
      return new AppError(refusal.code, refusal.data);
  }
}
