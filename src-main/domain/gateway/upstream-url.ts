/** A server's base address, without `/v1`. */
export interface UpstreamUrl {
  /** As it is kept and shown: "http://10.0.0.5:8000". */
  readonly url: string;
  readonly origin: string;
  /** What stands before `/v1` in its paths; empty for most. */
  readonly basePath: string;
}

/** Reads an address as a person writes it, with `/v1` or without; the message says in a sentence what is wrong with it. */
export function readUpstreamUrl(text: string): UpstreamUrl | { readonly message: string } {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return { message: 'Write an address like "http://10.0.0.5:8000".' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { message: 'The address must begin with http:// or https://.' };
  if (url.username !== '' || url.password !== '')
    return { message: 'The address must not hold a password; use "api_key".' };
  if (url.search !== '' || url.hash !== '') return { message: 'The address must not hold "?" or "#".' };
  if (isLinkLocal(url.hostname)) {
    return { message: 'The address must not be a link-local one: cloud machines keep their credentials there.' };
  }
  const basePath = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '').replace(/\/+$/, '');
  return { url: url.origin + basePath, origin: url.origin, basePath };
}

/** 169.254.0.0/16 and fe80::/10, also where IPv6 carries the former. */
function isLinkLocal(hostname: string): boolean {
  const host = plainHost(hostname);
  return /^169\.254\.\d+\.\d+$/.test(host) || /^fe[89ab][0-9a-f]:/.test(host) || host === 'metadata.google.internal';
}

/**
 * One spelling of a host: without brackets and the dot at the end, an IPv4 address within an IPv6 one as itself. The rest
 * the URL parser has brought to one form.
 */
function plainHost(hostname: string): string {
  const host = hostname
    .toLowerCase()
    .replaceAll(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const mapped = /^::ffff:(?<high>[0-9a-f]{1,4}):(?<low>[0-9a-f]{1,4})$/.exec(host)?.groups;
  if (!mapped) return host.replace(/^::ffff:(?=\d+\.)/, '');
  const [high, low] = [mapped['high'], mapped['low']].map((part) => Number.parseInt(part ?? '', 16));
  return [high, low].flatMap((part = 0) => [Math.floor(part / 256), part % 256]).join('.');
}

export interface ThisMachine {
  readonly addresses: readonly string[];
  readonly hostname: string;
}

/** Whether an address leads back to a server that listens on `host` and `port` of this machine. */
export function isOwnEndpoint(
  upstream: UpstreamUrl,
  listening: { readonly host: string; readonly port: number },
  machine: ThisMachine,
): boolean {
  const url = new URL(upstream.url);
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  if (port !== listening.port) return false;
  const [host, own] = [plainHost(url.hostname), plainHost(listening.host)];
  // Where the machine's own name leads, its resolver alone knows: to the loopback address on many.
  if (host === own || isNameOf(machine.hostname, host)) return true;
  const isEverywhere = own === '0.0.0.0' || own === '::';
  if (isLoopback(host) || host === '0.0.0.0' || host === '::') return isEverywhere || isLoopback(own);
  return isEverywhere && machine.addresses.some((address) => plainHost(address) === host);
}

function isLoopback(host: string): boolean {
  const isName = /^(?:.+\.)?localhost(?:\.localdomain)?$|^ip6-(?:localhost|loopback)$/.test(host);
  return isName || host === '::1' || /^127(?:\.\d+){3}$/.test(host);
}

/** "box", "box.lan" or "box.local" for a machine that calls itself "box" or "box.lan". */
function isNameOf(hostname: string, host: string): boolean {
  const whole = plainHost(hostname);
  const [short = ''] = whole.split('.');
  return short !== '' && (host === whole || host === short || host === `${short}.local`);
}
