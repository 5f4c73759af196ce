/**
 * Which callers may speak to the program at all, decided from the request line and headers before any handler runs and
 * before a body is read. A web page that a user visits can reach a loopback port; what it cannot do is choose the `Host`
 * header (except by DNS rebinding, which shows a foreign name) or leave out `Origin`.
 */
export interface GuardPolicy {
  /** Names this server answers to, lower case, without a port; a name with a port stands for that port alone. */
  readonly allowedHosts: ReadonlySet<string>;
  /** Origins besides our own that may call `/v1`, such as a browser program the owner listed. */
  readonly allowedOrigins: ReadonlySet<string>;
}

export interface GuardedRequest {
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly secFetchMode: string | undefined;
}

export type GuardVerdict =
  | { readonly kind: 'pass'; readonly corsOrigin: string | null }
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'origin'; readonly origin: string };

/** The names that mean this machine; any port is fine, so that an SSH tunnel on another port works. */
export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

const HOST = /^(?<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?<port>\d{1,5}))?$/;

export function guardRequest(request: GuardedRequest, policy: GuardPolicy): GuardVerdict {
  const host = request.host?.toLowerCase() ?? '';
  const name = HOST.exec(host)?.groups?.['name'];
  if (name === undefined || !(policy.allowedHosts.has(name) || policy.allowedHosts.has(host)))
    return { kind: 'host', host: request.host ?? '' };

  const { origin } = request;
  if (origin !== undefined) {
    if (isOwnOrigin(origin, host)) return { kind: 'pass', corsOrigin: null };
    if (request.path.startsWith('/v1/') && policy.allowedOrigins.has(origin))
      return { kind: 'pass', corsOrigin: origin };
    return { kind: 'origin', origin };
  }
  // A browser that sends no Origin still says where a request came from. Following a link to one of our pages is fine.
  const followsLink =
    request.method === 'GET' && request.secFetchMode === 'navigate' && !request.path.startsWith('/v1/');
  if ((request.secFetchSite === 'cross-site' || request.secFetchSite === 'same-site') && !followsLink) {
    return { kind: 'origin', origin: request.secFetchSite };
  }
  return { kind: 'pass', corsOrigin: null };
}

/** `Origin` must equal `Host`; the scheme may be https where a proxy ends TLS in front of us. `null` never equals. */
function isOwnOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}
