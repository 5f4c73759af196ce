import type { Address } from './address.ts';
import { admits, cooldownMs } from './circuit-breaker.ts';
import type { ForeignRoute, ForeignUpstream, RouteEntry } from './routing.ts';

/** What a client asks of a model. Chat and completions need a generating model, embeddings an embedding one. */
export type Endpoint = 'chat' | 'completions' | 'embeddings';

export type RouteRefusal =
  | { readonly code: 'model_not_found'; readonly data: { model: string; available: readonly string[] } }
  | { readonly code: 'model_not_running'; readonly data: { model: string; state: string } }
  | { readonly code: 'model_loading'; readonly data: { model: string; retryAfterS: number } }
  | { readonly code: 'model_wrong_task'; readonly data: { model: string; task: string; wanted: string } }
  | { readonly code: 'upstreams_unavailable'; readonly data: { model: string; reasons: readonly string[] } }
  | { readonly code: 'upstream_loop'; readonly data: { model: string } };

export type ReadyEntry = RouteEntry & { readonly target: NonNullable<RouteEntry['target']> };

export type RouteDecision =
  | { readonly kind: 'ready'; readonly entry: ReadyEntry }
  | { readonly kind: 'foreign'; readonly upstream: ForeignUpstream }
  | { readonly kind: 'wait'; readonly modelId: number; readonly untilMs: number }
  | { readonly kind: 'refuse'; readonly refusal: RouteRefusal; readonly retryAfterS: number | null };

export interface RouteQuestion {
  readonly servedName: string;
  readonly endpoint: Endpoint;
  /** Our own model of that name. */
  readonly entry: RouteEntry | undefined;
  /** Served names that exist, for the refusal. */
  readonly available: () => readonly string[];
  /** Until when this request may wait for a loading model (epoch ms); a deadline in the past refuses at once. */
  readonly waitUntilMs: number;
  readonly nowMs: number;
  /** Servers of others under that name. */
  readonly foreign: ForeignRoute | undefined;
  /** What is known of our own engine's address. */
  readonly addressOf: (origin: string) => Address;
  /** Addresses this request was refused by already. */
  readonly tried: readonly Address[];
  /** It came through this program before: it must not leave it again. */
  readonly isLoop: boolean;
}

const RETRY_WHILE_LOADING_S = 5;
const RETRY_WHILE_DOWN_S = 10;

/**
 * Where a request goes: to an engine of ours, to a server of others, to wait, or back with a reason. Pure: the same facts
 * give the same answer.
 */
export function decideRoute(question: RouteQuestion): RouteDecision {
  if (question.foreign === undefined) return decideOwn(question);
  const own = question.entry === undefined ? null : decideOwn(question);
  const chosen = leastBusy(question, own, question.foreign.upstreams);
  if (chosen) return chosen;
  // Our own model is worth waiting for, and it is the better reason.
  if (own?.kind === 'wait' || (own?.kind === 'refuse' && own.refusal.code === 'model_loading')) return own;
  return refuseForeign(question, own, question.foreign.upstreams);
}

function decideOwn(question: RouteQuestion): RouteDecision {
  const { entry, servedName, endpoint } = question;
  if (!entry) return refuse({ code: 'model_not_found', data: { model: servedName, available: question.available() } });
  // An embedding llama-server still chats; a generating one embeds only when it was started so.
  if (endpoint === 'embeddings' && !entry.embeds) {
    return refuse({ code: 'model_wrong_task', data: { model: servedName, task: entry.task, wanted: 'embed' } });
  }
  if (entry.state === 'running' && entry.target) return { kind: 'ready', entry: { ...entry, target: entry.target } };
  if (entry.state === 'starting' || entry.state === 'loading') {
    if (question.waitUntilMs > question.nowMs)
      return { kind: 'wait', modelId: entry.modelId, untilMs: question.waitUntilMs };
    return refuse(
      { code: 'model_loading', data: { model: servedName, retryAfterS: RETRY_WHILE_LOADING_S } },
      RETRY_WHILE_LOADING_S,
    );
  }
  return refuse({ code: 'model_not_running', data: { model: servedName, state: entry.state } });
}

/** Of those that can take it the one with the fewest requests; of equally busy ones the one that waited longest. */
function leastBusy(
  question: RouteQuestion,
  own: RouteDecision | null,
  upstreams: readonly ForeignUpstream[],
): RouteDecision | null {
  let chosen: Address | null = null;
  let upstream: ForeignUpstream | null = null;
  if (own?.kind === 'ready') {
    const address = question.addressOf(own.entry.target.origin);
    if (!question.tried.includes(address)) chosen = address;
  }
  for (const candidate of upstreams) {
    if (!canTake(question, candidate) || (chosen && !isBetter(candidate.address, chosen))) continue;
    chosen = candidate.address;
    upstream = candidate;
  }
  if (upstream) return { kind: 'foreign', upstream };
  return chosen ? own : null;
}

function isBetter(one: Address, other: Address): boolean {
  return one.inFlight === other.inFlight ? one.lastPicked < other.lastPicked : one.inFlight < other.inFlight;
}

function canTake(question: RouteQuestion, upstream: ForeignUpstream): boolean {
  const { address } = upstream;
  return (
    !question.isLoop &&
    serves(upstream, question.endpoint) &&
    address.check?.ok !== false &&
    admits(address.breaker, question.nowMs) &&
    !question.tried.includes(address)
  );
}

function serves(upstream: ForeignUpstream, endpoint: Endpoint): boolean {
  return (upstream.task === 'embed') === (endpoint === 'embeddings');
}

function refuseForeign(
  question: RouteQuestion,
  own: RouteDecision | null,
  upstreams: readonly ForeignUpstream[],
): RouteDecision {
  const { servedName, endpoint, nowMs } = question;
  const fitting = upstreams.filter((upstream) => serves(upstream, endpoint));
  const [first] = upstreams;
  if (fitting.length === 0 && own?.kind === 'refuse') return own;
  if (fitting.length === 0 && first) {
    const wanted = endpoint === 'embeddings' ? 'embed' : 'generate';
    return refuse({ code: 'model_wrong_task', data: { model: servedName, task: first.task, wanted } });
  }
  if (question.isLoop) return refuse({ code: 'upstream_loop', data: { model: servedName } });
  const reasons = new Set(fitting.map(({ address }) => reasonOf(address, nowMs)));
  if (question.entry && own?.kind !== 'ready') reasons.add(`our own model is ${question.entry.state}`);
  const cooldown = Math.min(...fitting.map(({ address }) => cooldownMs(address.breaker, nowMs)));
  return refuse(
    { code: 'upstreams_unavailable', data: { model: servedName, reasons: [...reasons] } },
    Math.max(RETRY_WHILE_DOWN_S, Math.ceil(cooldown / 1000)),
  );
}

/** Without its address: those who ask need not know where our servers stand. */
function reasonOf({ breaker, check }: Address, nowMs: number): string {
  if (check && !check.ok) return check.problem ?? 'it is not well';
  return admits(breaker, nowMs)
    ? 'it did not take the request'
    : `it failed ${breaker.consecutiveFails} times in a row and is left alone for a moment`;
}

function refuse(refusal: RouteRefusal, retryAfterS: number | null = null): RouteDecision {
  return { kind: 'refuse', refusal, retryAfterS };
}
