/** A server's base address, without `/v1`. */
export interface UpstreamUrl {
  /** As it is kept and shown: "http://10.0.0.5:8000". */
  readonly url: string;
  readonly origin: string;
  /** What stands before `/v1` in its paths; empty for most. */
  readonly basePath: string;
}

/** Reads an address as a person writes it, with `/v1` or without; the message says what is wrong with it. */
export function readUpstreamUrl(text: string): UpstreamUrl | { readonly message: string } {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return { message: 'write an address like "http://10.0.0.5:8000"' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { message: 'must begin with http:// or https://' };
  if (url.username !== '' || url.password !== '') return { message: 'must not hold a password; use "api_key"' };
  if (url.search !== '' || url.hash !== '') return { message: 'must not hold "?" or "#"' };
  if (isLinkLocal(url.hostname)) {
    return { message: 'must not be a link-local address: cloud machines keep their credentials there' };
  }
  const basePath = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
  return { url: url.origin + basePath, origin: url.origin, basePath };
}

/** 169.254.0.0/16 and fe80::/10, also where IPv6 carries the former; the parser has brought every spelling to one form. */
function isLinkLocal(hostname: string): boolean {
  return (
    /^169\.254\.\d+\.\d+$/.test(hostname) ||
    /^\[fe[89ab][0-9a-f]:/.test(hostname) ||
    /^\[::ffff:a9fe:[0-9a-f]+\]$/.test(hostname) ||
    hostname === 'metadata.google.internal'
  );
}

/** Whether an address leads back to a server that listens on `host` and `port`; `ownAddresses` are those of this machine. */
export function isOwnEndpoint(
  upstream: UpstreamUrl,
  listening: { readonly host: string; readonly port: number },
  ownAddresses: readonly string[],
): boolean {
  const url = new URL(upstream.url);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  if (port !== listening.port) return false;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === listening.host) return true;
  const isEverywhere = listening.host === '0.0.0.0' || listening.host === '::';
  const isLoopback = (name: string) => name === 'localhost' || name === '::1' || name.startsWith('127.');
  if (isLoopback(host) || host === '0.0.0.0' || host === '::') return isEverywhere || isLoopback(listening.host);
  return isEverywhere && ownAddresses.includes(host);
}
