import type { Actor } from '../core/ports/actor.ts';
import type { Usage } from '../core/services/usage/usage.ts';
import type { Endpoint } from '../domain/gateway/route-decision.ts';
import type { TokenUsage } from '../domain/gateway/usage.ts';

/** nginx's status for a caller that went away; nothing was sent with it. */
const CLIENT_CLOSED = 499;

/** Measures one request from its first byte to its last and writes it to the ledger, exactly once, however it ends. */
export class Meter {
  actor: Actor | null = null;
  modelId: number | null = null;
  modelName: string | null = null;
  /** The foreign server that is asked; null for an engine of ours. */
  upstream: string | null = null;
  stream = false;
  usage: TokenUsage | null = null;
  /** Milliseconds after the request came in. */
  firstTokenMs: number | null = null;
  latencyMs = 0;
  readonly #ledger: Usage;
  readonly #endpoint: Endpoint;
  readonly #requestId: string;
  readonly #createdAt = Date.now();
  readonly #startedAt = performance.now();
  #recorded = false;

  constructor(ledger: Usage, endpoint: Endpoint, requestId: string) {
    this.#ledger = ledger;
    this.#endpoint = endpoint;
    this.#requestId = requestId;
  }

  elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  sawToken(): void {
    this.firstTokenMs ??= this.elapsedMs();
  }

  clientClosed(): void {
    this.finish(CLIENT_CLOSED, 'client_closed');
  }

  finish(status: number, errorCode: string | null): void {
    if (this.#recorded) return;
    this.#recorded = true;
    this.latencyMs = this.elapsedMs();
    const { actor } = this;
    const key = actor?.kind === 'key' ? actor : null;
    this.#ledger.record({
      actor: actor?.kind ?? 'anonymous',
      key_id: key?.keyId ?? null,
      user_id: key?.userId ?? null,
      org_id: key?.orgId ?? null,
      model_id: this.modelId,
      model_name: this.modelName,
      upstream: this.upstream,
      task: this.#endpoint,
      prompt_tokens: this.usage?.promptTokens ?? 0,
      completion_tokens: this.usage?.completionTokens ?? 0,
      cached_tokens: this.usage?.cachedTokens ?? null,
      latency_ms: Math.round(this.latencyMs * 100) / 100,
      ttft_ms: this.firstTokenMs === null ? null : Math.round(this.firstTokenMs * 100) / 100,
      stream: this.stream,
      status_code: status,
      error_code: errorCode,
      req_id: this.#requestId,
      created_at: this.#createdAt,
    });
  }
}
