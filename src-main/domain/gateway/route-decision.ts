import type { RouteEntry } from './routing.ts';

/** What a client asks of a model. Chat and completions need a generating model, embeddings an embedding one. */
export type Endpoint = 'chat' | 'completions' | 'embeddings';

export type RouteRefusal =
  | { readonly code: 'model_not_found'; readonly data: { model: string; available: readonly string[] } }
  | { readonly code: 'model_not_running'; readonly data: { model: string; state: string } }
  | { readonly code: 'model_loading'; readonly data: { model: string; retryAfterS: number } }
  | { readonly code: 'model_wrong_task'; readonly data: { model: string; task: string; wanted: string } };

export type RouteDecision =
  | { readonly kind: 'ready'; readonly entry: RouteEntry & { readonly target: NonNullable<RouteEntry['target']> } }
  | { readonly kind: 'wait'; readonly modelId: number; readonly untilMs: number }
  | { readonly kind: 'refuse'; readonly refusal: RouteRefusal; readonly retryAfterS: number | null };

export interface RouteQuestion {
  readonly servedName: string;
  readonly endpoint: Endpoint;
  readonly entry: RouteEntry | undefined;
  /** Served names that exist, for the refusal. */
  readonly available: () => readonly string[];
  /** Until when this request may wait for a loading model (epoch ms); a deadline in the past refuses at once. */
  readonly waitUntilMs: number;
  readonly nowMs: number;
}

const RETRY_WHILE_LOADING_S = 5;

/** Where a request goes: to the engine, to wait for it, or back with a reason. Pure: the same facts give the same answer. */
export function decideRoute(question: RouteQuestion): RouteDecision {
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

function refuse(refusal: RouteRefusal, retryAfterS: number | null = null): RouteDecision {
  return { kind: 'refuse', refusal, retryAfterS };
}
