import type { Protocol, Session } from 'electron';
import type { BrowserContext } from 'playwright-core';
import { toChromium } from './addresses.ts';

type RequestHandler = NonNullable<Parameters<Session['setPermissionRequestHandler']>[0]>;
type CheckHandler = NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>;
type Contents = Parameters<RequestHandler>[0];
type Permission = Parameters<RequestHandler>[1];
type Serve = (request: Request) => Response | Promise<Response>;

/** Electron's names of what a page may ask for, and Playwright's. */
const PERMISSIONS: readonly (readonly [Permission, readonly string[]])[] = [
  ['clipboard-sanitized-write', ['clipboard-write']],
  ['clipboard-read', ['clipboard-read']],
  ['geolocation', ['geolocation']],
  ['notifications', ['notifications']],
  ['media', ['camera', 'microphone']],
  ['midi', ['midi']],
];

const schemes = new Map<string, Serve>();
let onRequest: RequestHandler | null = null;
let onCheck: CheckHandler | null = null;

const protocolDouble: Pick<Protocol, 'handle' | 'registerSchemesAsPrivileged'> = {
  handle: (scheme, serve) => void schemes.set(scheme, serve),
  registerSchemesAsPrivileged: () => undefined,
};

/** Double of `protocol`. */
export const protocol = protocolDouble;

type Used = 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'isPersistent';
const defaultSession: Pick<Session, Used> & { readonly protocol: typeof protocolDouble } = {
  protocol: protocolDouble,
  setPermissionRequestHandler: (handler) => {
    onRequest = handler;
  },
  setPermissionCheckHandler: (handler) => {
    onCheck = handler;
  },
  setDevicePermissionHandler: () => undefined,
  isPersistent: () => true,
};

/** Double of `session`: there is one. */
export const session = { defaultSession };

/** What the program's own handler of the scheme answers. */
export async function serveScheme(url: string, method: string, headers: Record<string, string>): Promise<Response> {
  const serve = schemes.get(new URL(url).protocol.slice(0, -1));
  if (serve === undefined) throw new Error(`Nothing serves ${url}`);
  return serve(new Request(url, { method, headers }));
}

/** Gives the page's origin what the program's two handlers give it, and refuses it the rest. */
export async function applyPermissions(context: BrowserContext, contents: unknown, pageUrl: string): Promise<void> {
  const granted: string[] = [];
  for (const [permission, names] of PERMISSIONS) {
    if (await isAllowed(contents as Contents, permission, pageUrl)) granted.push(...names);
  }
  await context.grantPermissions(granted, { origin: new URL(toChromium(pageUrl)).origin });
}

/** Electron allows what no handler refuses. */
async function isAllowed(contents: Contents, permission: Permission, requestingUrl: string): Promise<boolean> {
  const { protocol: scheme, host } = new URL(requestingUrl);
  const details = { requestingUrl, isMainFrame: true };
  const checked = onCheck?.(contents, permission, `${scheme}//${host}`, details) ?? true;
  const handler = onRequest;
  if (handler === null) return checked;
  const answered = await new Promise<boolean>((resolve) => handler(contents, permission, resolve, details));
  return checked && answered;
}
