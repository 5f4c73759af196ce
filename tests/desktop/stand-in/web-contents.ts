import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import type { MessagePortMain, WebContents, WebFrameMain, WebPreferences } from 'electron';
import type { Frame, Page } from 'playwright-core';
import { fromChromium, toChromium } from './addresses.ts';
import { chromiumContext, closePage, openPage, type PageOwner } from './chromium.ts';
import { preventable } from './events.ts';
import { ipcMain } from './ipc-main.ts';
import type { MessagePortDouble } from './message-ports.ts';
import { pageScript, type PageNote } from './page-script.ts';
import { applyPermissions } from './session.ts';

type OpenHandler = Parameters<WebContents['setWindowOpenHandler']>[0];
type OpenDetails = Parameters<OpenHandler>[0];

let nextPortId = 1;

/** Double of a `WebFrameMain`: one document's place in a page. */
class FrameDouble implements Pick<WebFrameMain, 'url' | 'postMessage'> {
  readonly #frame: Frame | null;
  readonly #ports: Map<number, MessagePortDouble>;
  /** Ports that the document of the moment holds. */
  readonly #held = new Set<number>();

  constructor(frame: Frame | null, ports: Map<number, MessagePortDouble>) {
    this.#frame = frame;
    this.#ports = ports;
  }

  get url(): string {
    return fromChromium(this.#frame?.url() ?? '');
  }

  postMessage(channel: string, message: unknown, transfer: MessagePortMain[] = []): void {
    const portIds = transfer.map((port) => this.#hold(port as unknown as MessagePortDouble));
    // Before the data that may already wait on the ports.
    this.#send({ kind: 'message', channel, message, portIds });
  }

  closePorts(): void {
    for (const portId of this.#held) this.#ports.get(portId)?.close();
    this.#held.clear();
  }

  #hold(port: MessagePortDouble): number {
    const portId = nextPortId;
    nextPortId += 1;
    this.#ports.set(portId, port);
    this.#held.add(portId);
    queueMicrotask(() =>
      port.moveTo({
        send: (data) => this.#send({ kind: 'port-data', portId, data }),
        close: () => this.#send({ kind: 'port-close', portId }),
      }),
    );
    return portId;
  }

  #send(note: PageNote): void {
    // A document that went away in the meantime hears nothing, as in Electron.
    this.#frame?.evaluate((given) => window.doubleReceive?.(given), note).catch(() => undefined);
  }
}

type Used = 'setWindowOpenHandler' | 'loadURL' | 'reload' | 'getURL' | 'isDestroyed' | 'forcefullyCrashRenderer';

/** Double of `WebContents`: a page of the real Chromium. Redirects are not announced: nothing here redirects. */
export class WebContentsDouble extends EventEmitter implements Pick<WebContents, Used>, PageOwner {
  #page: Promise<Page>;
  #current: Page | null = null;
  #crashed = false;
  #destroyed = false;
  #address = '';
  #expected: string | null = null;
  #onOpen: OpenHandler | null = null;
  #frames = new WeakMap<Frame, FrameDouble>();
  readonly #ports = new Map<number, MessagePortDouble>();
  readonly #script: string;

  constructor(preferences: WebPreferences) {
    super();
    this.#script = pageScript(preferences.preload === undefined ? '' : readFileSync(preferences.preload, 'utf8'));
    this.#page = this.#open();
  }

  async #open(): Promise<Page> {
    const page = await openPage(this, this.#script);
    this.#current = page;
    page.on('domcontentloaded', () => this.emit('dom-ready', preventable({})));
    page.on('load', () => this.emit('did-finish-load', preventable({})));
    page.on('crash', () => this.#onCrash());
    const devtools = await chromiumContext().newCDPSession(page);
    await devtools.send('Page.enable');
    devtools.on('Page.windowOpen', ({ url, windowName }) => this.#onWindowOpen(url, windowName));
    devtools.on('Page.frameRequestedNavigation', ({ url }) => {
      // Http addresses are asked about when they are fetched; others Chromium itself goes nowhere with.
      if (!/^https?:/.test(url)) this.mayNavigate(url);
    });
    this.emit('double:page', page);
    return page;
  }

  get mainFrame(): FrameDouble {
    return this.#frameOf(this.#current?.mainFrame() ?? null);
  }

  /** The page, once it is open. */
  get page(): Promise<Page> {
    return this.#page;
  }

  #frameOf(frame: Frame | null): FrameDouble {
    if (frame === null) return new FrameDouble(null, this.#ports);
    const known = this.#frames.get(frame) ?? new FrameDouble(frame, this.#ports);
    this.#frames.set(frame, known);
    return known;
  }

  receive(frame: Frame, channel: string, args: unknown[]): void {
    const senderFrame = this.#frameOf(frame);
    if (channel === 'double:new-document') senderFrame.closePorts();
    else ipcMain.emit(channel, preventable({ sender: this, senderFrame }), ...args);
  }

  portData(portId: number, data: string): void {
    this.#ports.get(portId)?.postMessage(data);
  }

  mayNavigate(url: string): boolean {
    if (url === this.#expected) {
      this.#expected = null;
      return true;
    }
    const event = preventable({ url, isSameDocument: false, isMainFrame: true, frame: this.mainFrame });
    this.emit('will-navigate', event, url);
    return !event.defaultPrevented;
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#onOpen = handler;
  }

  #onWindowOpen(url: string, frameName: string): void {
    const details = { url: fromChromium(url), frameName, features: '', disposition: 'foreground-tab' };
    const answered = this.#onOpen?.(details as OpenDetails);
    if (answered?.action !== 'deny') throw new Error(`The double opens no second window, and ${url} was not denied.`);
  }

  async loadURL(url: string): Promise<void> {
    const page = await this.#page;
    this.#address = url;
    if (url.startsWith('app:')) await applyPermissions(chromiumContext(), this, url);
    this.#expected = url;
    await page.goto(toChromium(url), { waitUntil: 'load' });
  }

  reload(): void {
    // A window that is closed meanwhile needs no page any more.
    this.#reload().catch((error: unknown) => console.error('The double could not reload:', error));
  }

  async #reload(): Promise<void> {
    if (this.#crashed) {
      // Playwright gives a crashed page up, so that the window gets another one.
      const gone = await this.#page;
      this.#page = this.#open();
      this.#crashed = false;
      await this.#page;
      await closePage(gone);
    }
    await this.loadURL(this.#address);
  }

  #onCrash(): void {
    this.#crashed = true;
    for (const port of this.#ports.values()) port.close();
    this.emit('render-process-gone', preventable({}), { reason: 'crashed', exitCode: 133 });
  }

  forcefullyCrashRenderer(): void {
    void this.#crash();
  }

  async #crash(): Promise<void> {
    const devtools = await chromiumContext().newCDPSession(await this.#page);
    // The answer never comes: who would give it is gone.
    devtools.send('Page.crash').catch(() => undefined);
  }

  getURL(): string {
    return fromChromium(this.#current?.url() ?? '');
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    for (const port of this.#ports.values()) port.close();
    await closePage(await this.#page);
  }
}
