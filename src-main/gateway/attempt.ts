import type { AppError } from '../contract/errors.ts';
import type { Address } from '../domain/gateway/address.ts';
import { renameModel } from '../domain/gateway/model-name.ts';
import { planBody, type BodyPlan } from '../domain/gateway/request-body.ts';
import type { Endpoint, RouteDecision } from '../domain/gateway/route-decision.ts';
import { withVia } from '../domain/gateway/via.ts';
import { Answer, type Outcome } from './answer.ts';
import type { AnswerSink } from './answer-sink.ts';
import type { EngineClient } from './engine-client.ts';
import type { Meter } from './meter.ts';

export const PATHS: Record<Endpoint, string> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  embeddings: '/v1/embeddings',
};
const PROMPT_PARAMS: Record<Endpoint, string> = { chat: 'messages', completions: 'prompt', embeddings: 'input' };
const DEFAULT_REQUEST_TIMEOUT_MS = 1_800_000;
const DEFAULT_STREAM_TIMEOUT_MS = 600_000;

/** A parsed request on its way to an engine. */
export interface InferenceCall {
  readonly endpoint: Endpoint;
  readonly requestId: string;
  /** The caller's own `Via`. */
  readonly via: string | undefined;
  readonly bytes: Buffer;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Where an attempt goes, as the route decision said. */
export type Destination = Extract<RouteDecision, { kind: 'ready' | 'foreign' }>;

export interface AttemptOptions {
  readonly call: InferenceCall;
  readonly model: string;
  readonly destination: Destination;
  readonly address: Address;
  /** The name of this program in `Via`. */
  readonly self: string;
  readonly client: EngineClient;
  readonly sink: AnswerSink;
  readonly meter: Meter;
  readonly turn: number;
}

/** One try at one server: from the request's bytes to the end of its answer, or to the reason there is none. */
export class Attempt {
  readonly outcome: Promise<Outcome>;
  readonly #answer: Answer;
  readonly #end: () => void;

  constructor(options: AttemptOptions) {
    const { call, model, destination, address, client, sink, meter } = options;
    const own = destination.kind === 'ready' ? destination.entry : null;
    const plan = planBody(call.json, own?.requestDefaults ?? {});
    const timeoutMs = own?.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#answer = new Answer({
      model,
      promptParam: PROMPT_PARAMS[call.endpoint],
      contextLength: own?.contextLength ?? null,
      removeUsageChunk: plan.removeUsageChunk,
      timeoutMs,
      isForeign: own === null,
      sink,
      meter,
      answering: () => address.answers(Date.now()),
      settle: (outcome) => {
        address.end(outcome.verdict, meter.usage, Date.now());
        resolve(outcome);
      },
    });
    address.begin(Date.now(), options.turn);
    this.#end = client.send(
      {
        ...serverOf(destination, call, options.self),
        requestId: call.requestId,
        accept: meter.stream ? 'text/event-stream' : 'application/json',
        body: plannedBytes(call, plan, destination),
        headersTimeoutMs: timeoutMs,
        bodyTimeoutMs: own?.streamTimeoutMs ?? DEFAULT_STREAM_TIMEOUT_MS,
      },
      this.#answer,
    );
  }

  /** The caller is gone: the server may stop. */
  leave(): void {
    this.#answer.leave();
    this.#end();
  }

  /** The program cannot wait any longer. */
  cutOff(reason: AppError): void {
    this.#answer.cutOff(reason);
    this.#end();
  }
}

function serverOf(destination: Destination, call: InferenceCall, self: string) {
  if (destination.kind === 'ready') {
    const { origin, authorization } = destination.entry.target;
    return { origin, path: PATHS[call.endpoint], authorization, via: null };
  }
  const { origin, basePath, authorization } = destination.upstream;
  return { origin, path: basePath + PATHS[call.endpoint], authorization, via: withVia(call.via, self) };
}

function plannedBytes(call: InferenceCall, plan: BodyPlan, destination: Destination): Buffer {
  const name = destination.kind === 'foreign' ? destination.upstream.upstreamModel : null;
  const isRenamed = name !== null && name !== call.json['model'];
  if (plan.replace) return Buffer.from(JSON.stringify(isRenamed ? { ...plan.replace, model: name } : plan.replace));
  const bytes = isRenamed ? renameModel(call.bytes, name) : call.bytes;
  if (plan.insert === '') return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const brace = bytes.indexOf(OPENING_BRACE) + 1;
  return Buffer.concat([bytes.subarray(0, brace), Buffer.from(plan.insert), bytes.subarray(brace)]);
}

const OPENING_BRACE = 123;
