import type { Address } from './address.ts';

/** What the data plane knows of a model: kept in memory by the supervisor, read on every request. */
export interface RouteEntry {
  readonly modelId: number;
  readonly servedName: string;
  readonly engine: 'llamacpp' | 'vllm';
  readonly task: 'generate' | 'embed';
  /** True when it answers `/v1/embeddings`: an embedding model, or a generating one started with its embeddings on. */
  readonly embeds: boolean;
  readonly state: 'stopped' | 'starting' | 'loading' | 'running' | 'stopping' | 'failed';
  /** Where the engine listens; null until it has a port. */
  readonly target: { readonly origin: string; readonly authorization: string | null } | null;
  /** Filled into a request where the client left a key out. */
  readonly requestDefaults: Readonly<Record<string, unknown>>;
  /** Tokens a slot holds; null while unknown. */
  readonly contextLength: number | null;
  readonly slots: number | null;
  /** How long the engine may take to begin an answer, and to pause within a stream; null: the gateway's own limits. */
  readonly requestTimeoutMs: number | null;
  readonly streamTimeoutMs: number | null;
  /** Epoch seconds of the model's creation, for OpenAI's model object. */
  readonly createdAt: number;
}

export interface RouteTable {
  get(servedName: string): RouteEntry | undefined;
  /** All that exist, sorted by served name. */
  entries(): readonly RouteEntry[];
  /** Resolves when the entry of this model changes, or when the signal ends. */
  changed(modelId: number, signal: AbortSignal): Promise<void>;
}

/** A server that is not ours and answers for a served name. */
export interface ForeignUpstream {
  /** Where requests go: `origin`, then `basePath`, then `/v1/...`. */
  readonly origin: string;
  readonly basePath: string;
  readonly authorization: string | null;
  readonly task: 'generate' | 'embed';
  readonly engine: 'llamacpp' | 'vllm' | null;
  /** What it calls the model; null when by the served name. */
  readonly upstreamModel: string | null;
  readonly address: Address;
}

/** A served name that servers of others answer, alone or beside a model of ours. Never without any. */
export interface ForeignRoute {
  readonly servedName: string;
  readonly upstreams: readonly ForeignUpstream[];
  /** Epoch seconds. */
  readonly createdAt: number;
}

export interface UpstreamTable {
  foreign(servedName: string): ForeignRoute | undefined;
  /** Sorted by served name. */
  foreignRoutes(): readonly ForeignRoute[];
  /** What is known of an engine of ours that listens there. */
  addressOf(origin: string): Address;
}
