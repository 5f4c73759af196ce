import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, type BrowserContext, type Frame, type Page, type Request, type Route } from 'playwright-core';
import { CHROMIUM_FLAGS } from '../../e2e/browser.ts';
import { fromChromium, isServedByApp } from './addresses.ts';
import { serveScheme } from './session.ts';

/** Who a page belongs to, for what Chromium asks about it. */
export interface PageOwner {
  /** Whether the main frame may go there. */
  readonly mayNavigate: (url: string) => boolean;
  readonly receive: (frame: Frame, channel: string, args: unknown[]) => void;
  readonly portData: (portId: number, data: string) => void;
}

const owners = new Map<Page, PageOwner>();
let running: BrowserContext | null = null;

/** Starts Chromium on the program's own profile, and tells the test how to reach it. */
export async function startChromium(userData: string): Promise<void> {
  const profile = join(userData, 'chromium');
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env['CORTEX_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [...CHROMIUM_FLAGS, '--remote-debugging-port=0'],
    viewport: null,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  await context.exposeBinding('doubleSend', ({ page, frame }, channel: string, ...args: unknown[]) =>
    owners.get(page)?.receive(frame, channel, args),
  );
  await context.exposeBinding('doublePort', ({ page }, portId: number, data: string) =>
    owners.get(page)?.portData(portId, data),
  );
  await context.route('**/*', answer);
  running = context;
  process.send?.({ chromium: `http://127.0.0.1:${await debuggingPort(profile)}` });
}

async function debuggingPort(profile: string): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    try {
      return readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n')[0] ?? '';
    } catch {
      await sleep(50);
    }
  }
  throw new Error('Chromium names no debugging port.');
}

/** The page of a window of ours, on which the script runs in every document; any page nobody opened here is closed. */
export async function openPage(owner: PageOwner, script: string): Promise<Page> {
  const context = chromiumContext();
  const blank = context.pages().find((page) => !owners.has(page) && page.url() === 'about:blank');
  const page = blank ?? (await context.newPage());
  owners.set(page, owner);
  page.on('popup', (popup) => void popup.close());
  await page.addInitScript({ content: script });
  return page;
}

export function chromiumContext(): BrowserContext {
  if (running === null) throw new Error('The app is not ready: a window before whenReady().');
  return running;
}

export async function closePage(page: Page): Promise<void> {
  owners.delete(page);
  await page.close();
}

/** Nothing a page asks for reaches a network. */
async function answer(route: Route, request: Request): Promise<void> {
  const owner = ownerOf(request);
  const url = request.url();
  if (owner === undefined) return route.abort('aborted');
  if (isMainNavigation(request) && !owner.mayNavigate(fromChromium(url))) return route.abort('aborted');
  if (!isServedByApp(url)) {
    return isMainNavigation(request)
      ? route.fulfill({ contentType: 'text/html', body: `<title>elsewhere</title>${url}` })
      : route.abort('internetdisconnected');
  }
  try {
    const response = await serveScheme(fromChromium(url), request.method(), await request.allHeaders());
    return await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    });
  } catch {
    return route.abort('failed');
  }
}

function ownerOf(request: Request): PageOwner | undefined {
  try {
    return owners.get(request.frame().page());
  } catch {
    return undefined; // A popup's first request, before it has a page.
  }
}

function isMainNavigation(request: Request): boolean {
  return request.isNavigationRequest() && request.frame().parentFrame() === null;
}
