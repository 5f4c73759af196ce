import { AppError } from '../../../contract/errors.ts';

/** Where release files may be fetched from, redirects included. */
export interface AllowedOrigins {
  allows(url: URL): boolean;
}

const GITHUB_HOSTS = new Set([
  'api.github.com',
  'github.com',
  'objects.githubusercontent.com',
  'release-assets.githubusercontent.com',
]);
const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]']);
const REDIRECTS = 5;

/** https to the hosts of the official releases or to the configured mirror; plain http only to a mirror on this machine. */
export function allowedOrigins(base: URL): AllowedOrigins {
  const isLocal = LOOPBACK_HOSTS.has(base.hostname);
  const isGithub = GITHUB_HOSTS.has(base.hostname);
  return {
    allows: (url) => {
      if (url.username !== '' || url.password !== '') return false;
      if (isLocal) return LOOPBACK_HOSTS.has(url.hostname) && /^https?:$/.test(url.protocol);
      if (url.protocol !== 'https:') return false;
      return isGithub ? GITHUB_HOSTS.has(url.hostname) : url.host === base.host;
    },
  };
}

/**
 * One GET, with each redirect checked against the allowed origins before it is followed.
 *
 * @throws AppError `hub_unreachable` for network failures and answers of 5xx, `engine_build_invalid` for a redirect that
 *   leads elsewhere. Other answers are returned.
 */
export async function fetchAllowed(
  url: URL,
  headers: Readonly<Record<string, string>>,
  origins: AllowedOrigins,
  signal: AbortSignal,
): Promise<Response> {
  let at = url;
  for (let hop = 0; hop <= REDIRECTS; hop += 1) {
    if (!origins.allows(at)) {
      throw new AppError('engine_build_invalid', {
        reason: `The release source ${url.host} points to ${at.origin}, which is not a release host; nothing was fetched from there.`,
      });
    }
    const response = await fetchOnce(at, headers, signal);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || response.status === 304 || location === null) {
      if (response.status < 500) return response;
      await response.body?.cancel();
      throw new AppError('hub_unreachable', { host: at.host, reason: `it answered ${response.status}` });
    }
    await response.body?.cancel();
    at = new URL(location, at);
  }
  throw new AppError('hub_unreachable', { host: url.host, reason: 'it redirects without end' });
}

async function fetchOnce(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers: { 'user-agent': 'cortex-desktop', ...headers }, redirect: 'manual', signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new AppError('hub_unreachable', { host: url.host, reason: networkReason(error) }, { cause: error });
  }
}

/** The network's own word for it: "ENOTFOUND", "ECONNREFUSED". */
export function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return 'unknown';
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}
