import { EventEmitter } from 'node:events';
import type { BrowserWindow as Real, BrowserWindowConstructorOptions, Rectangle } from 'electron';
import { screen } from './desk.ts';
import { preventable } from './events.ts';
import { WebContentsDouble } from './web-contents.ts';

type Used =
  | 'id'
  | 'show'
  | 'hide'
  | 'focus'
  | 'close'
  | 'destroy'
  | 'restore'
  | 'minimize'
  | 'maximize'
  | 'unmaximize'
  | 'isVisible'
  | 'isFocused'
  | 'isMinimized'
  | 'isMaximized'
  | 'isDestroyed'
  | 'getBounds'
  | 'setBounds'
  | 'getNormalBounds'
  | 'loadURL';

const windows: BrowserWindow[] = [];
let allClosed: () => void = () => undefined;

/** Double of `BrowserWindow`: a page in headless Chromium, and a place on the desk that is only remembered. */
export class BrowserWindow extends EventEmitter implements Pick<Real, Used> {
  readonly id = windows.length + 1;
  readonly webContents: WebContentsDouble;
  /** As given: tests look at what is asked of the real one. */
  readonly options: BrowserWindowConstructorOptions;
  #bounds: Rectangle;
  #state: 'normal' | 'minimized' | 'maximized' = 'normal';
  #visible: boolean;
  #focused = false;
  #destroyed = false;

  static getAllWindows(): BrowserWindow[] {
    return windows.filter((window) => !window.#destroyed);
  }

  static onAllClosed(listener: () => void): void {
    allClosed = listener;
  }

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
    this.#visible = options.show !== false;
    const { workArea } = screen.getPrimaryDisplay();
    const { width = 800, height = 600 } = options;
    const x = options.x ?? workArea.x + Math.round((workArea.width - width) / 2);
    const y = options.y ?? workArea.y + Math.round((workArea.height - height) / 2);
    this.#bounds = { x, y, width, height };
    this.webContents = new WebContentsDouble(options.webPreferences ?? {});
    this.webContents.once('dom-ready', () => this.emit('ready-to-show', preventable({})));
    windows.push(this);
    this.webContents.on('double:page', () => this.#fitPage());
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    this.#visible = true;
    this.emit('show', preventable({}));
    this.focus();
  }

  hide(): void {
    this.#visible = false;
    this.#focused = false;
    this.emit('hide', preventable({}));
  }

  focus(): void {
    for (const window of windows) window.#focused = false;
    this.#focused = true;
    this.emit('focus', preventable({}));
  }

  close(): void {
    const event = preventable({});
    this.emit('close', event);
    if (!event.defaultPrevented) this.destroy();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    void this.webContents.destroy();
    this.emit('closed', preventable({}));
    if (BrowserWindow.getAllWindows().length === 0) allClosed();
  }

  minimize(): void {
    this.#become('minimized', 'minimize');
    this.#focused = false;
  }

  maximize(): void {
    this.#become('maximized', 'maximize');
  }

  unmaximize(): void {
    this.#become('normal', 'unmaximize');
  }

  restore(): void {
    this.#become('normal', 'restore');
  }

  #become(state: 'normal' | 'minimized' | 'maximized', event: string): void {
    this.#state = state;
    this.#fitPage();
    this.emit(event, preventable({}));
  }

  isVisible(): boolean {
    return this.#visible;
  }

  isFocused(): boolean {
    return this.#focused;
  }

  isMinimized(): boolean {
    return this.#state === 'minimized';
  }

  isMaximized(): boolean {
    return this.#state === 'maximized';
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }

  getNormalBounds(): Rectangle {
    return { ...this.#bounds };
  }

  getBounds(): Rectangle {
    return this.#state === 'maximized' ? { ...screen.getPrimaryDisplay().workArea } : this.getNormalBounds();
  }

  setBounds(bounds: Partial<Rectangle>): void {
    const before = this.#bounds;
    this.#bounds = { ...before, ...bounds };
    if (before.x !== this.#bounds.x || before.y !== this.#bounds.y) this.emit('move', preventable({}));
    if (before.width !== this.#bounds.width || before.height !== this.#bounds.height) {
      this.#fitPage();
      this.emit('resize', preventable({}));
    }
  }

  #fitPage(): void {
    const { width, height } = this.getBounds();
    // A window may be gone before its page has its size.
    this.webContents.page.then((page) => page.setViewportSize({ width, height })).catch(() => undefined);
  }
}
