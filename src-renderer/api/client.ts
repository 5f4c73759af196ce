import { createORPCClient, type ClientContext, type ClientLink, type ClientOptions } from '@orpc/client';
import { RPCLink } from '@orpc/client/message-port';
import type { ContractRouterClient } from '@orpc/contract';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { contract } from '#contract/index.ts';
import { decodeRestError } from './errors.ts';
import { desktopHost } from './host.ts';
import { listenForPorts, PortSource } from './port.ts';

const CALL_DEADLINE_MS = 60_000;
const DEADLINES_MS: Readonly<Record<string, number>> = {
  // Answers within 30 s, with the state it reached by then.
  'models.start': 45_000,
  // Stops first, gracefully, and then starts.
  'models.apply': 120_000,
  // The program gives an answer two minutes, and asks a second time where the first was refused.
  'models.test': 260_000,
};

/** Streams last as long as their reader wants. */
const STREAMS: ReadonlySet<string> = new Set([
  'live.watch',
  'models.watch',
  'models.watchLogs',
  'jobs.watch',
  'playground.chat',
]);
/** A person may take any time to choose a folder. */
const UNTIMED: ReadonlySet<string> = new Set([...STREAMS, 'shell.pickFolder']);

/** Ends a call that nobody answers; never a stream. */
export function deadlineOf(path: readonly string[]): number | null {
  const name = path.join('.');
  if (UNTIMED.has(name)) return null;
  return DEADLINES_MS[name] ?? CALL_DEADLINE_MS;
}

function boundedSignal(path: readonly string[], signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const deadline = deadlineOf(path);
  const all = signals.filter((signal) => signal !== undefined);
  return AbortSignal.any(deadline === null ? all : [...all, AbortSignal.timeout(deadline)]);
}

type Options = ClientOptions<ClientContext>;

/** Calls over whichever port is in use; what hangs on a lost port fails with `PortLost`. */
export function portLink(source: PortSource): ClientLink<ClientContext> {
  const links = new WeakMap<MessagePort, RPCLink<ClientContext>>();
  return {
    call: async (path: readonly string[], input: unknown, options: Options) => {
      const { port, lost } = await source.current;
      const link = links.get(port) ?? new RPCLink({ port });
      links.set(port, link);
      const signal = boundedSignal(path, [options.signal, lost]);
      try {
        return await link.call(path, input, { ...options, signal });
      } catch (error) {
        // The transport reports an abort in words of its own; the reason says which of the three it was.
        if (signal.aborted) throw signal.reason;
        throw error;
      }
    },
  };
}

/** Calls over REST, with the login cookie. */
export function restLink(origin: string): ClientLink<ClientContext> {
  const link = new OpenAPILink<ClientContext>(contract, {
    url: origin,
    fetch: (request, init) => fetch(request, { ...init, credentials: 'same-origin' }),
    customErrorResponseBodyDecoder: (body, response) => decodeRestError(body, response.status),
  });
  return {
    call: async (path: readonly string[], input: unknown, options: Options) =>
      link.call(path, input, { ...options, signal: boundedSignal(path, [options.signal]) }),
  };
}

function createLink(): ClientLink<ClientContext> {
  if (desktopHost() === null) return restLink(window.location.origin);
  const source = new PortSource();
  listenForPorts(source);
  return portLink(source);
}

export type Client = ContractRouterClient<typeof contract>;

/** The one typed client of the core. */
export const client: Client = createORPCClient(createLink());

/** Query and mutation options of every route, for TanStack Query. */
export const api = createTanstackQueryUtils(client);
