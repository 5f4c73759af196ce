/**
 * Chromium outside Electron knows no scheme of ours: `app://HOST/PATH` is `https://HOST.app.invalid/PATH` there, an
 * origin of its own in a secure context just as well, and never a name on any network.
 */
const SUFFIX = '.app.invalid';

export function toChromium(url: string): string {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'app:') return url;
  return `https://${parsed.host}${SUFFIX}${parsed.pathname}${parsed.search}${parsed.hash}`;
}

export function fromChromium(url: string): string {
  const parsed = URL.parse(url);
  if (parsed?.protocol !== 'https:' || !parsed.hostname.endsWith(SUFFIX)) return url;
  return `app://${parsed.hostname.slice(0, -SUFFIX.length)}${parsed.pathname}${parsed.search}${parsed.hash}`;
}

export function isServedByApp(chromiumUrl: string): boolean {
  return fromChromium(chromiumUrl) !== chromiumUrl;
}
