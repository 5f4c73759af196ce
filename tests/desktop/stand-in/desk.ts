import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import type {
  Dialog,
  Display,
  Menu as RealMenu,
  MenuItemConstructorOptions,
  NativeTheme,
  Screen,
  Shell,
  Tray as RealTray,
} from 'electron';

/** Double of `dialog`. A test that lets a question be asked gives the answer first, by replacing the method. */
export const dialog: Pick<Dialog, 'showOpenDialog' | 'showMessageBox' | 'showErrorBox'> = {
  showOpenDialog: () => Promise.reject(new Error('No answer is scripted for showOpenDialog.')),
  showMessageBox: () => Promise.reject(new Error('No answer is scripted for showMessageBox.')),
  // What Electron does on Linux before it is ready.
  showErrorBox: (title, content) => console.error(`${title}\n${content}`),
};

/** Double of `shell`. */
export const shell: Pick<Shell, 'openExternal'> = {
  openExternal: (url) => Promise.reject(new Error(`No test expected that ${url} is opened.`)),
};

const SCREEN = { x: 0, y: 0, width: 1920, height: 1080 };
const display = { id: 1, bounds: SCREEN, workArea: { ...SCREEN, y: 28, height: 1052 } } as Display;

/** Double of `screen`: one Full HD screen with a bar at its top. */
export const screen: Pick<Screen, 'getAllDisplays' | 'getPrimaryDisplay'> = {
  getAllDisplays: () => [display],
  getPrimaryDisplay: () => display,
};

/** Double of `nativeTheme`. */
export const nativeTheme: Pick<NativeTheme, 'shouldUseDarkColors'> = { shouldUseDarkColors: false };

interface ImageDouble {
  readonly path: string;
  isEmpty(): boolean;
  resize(size: { width?: number; height?: number }): ImageDouble;
}

function image(path: string): ImageDouble {
  return { path, isEmpty: () => !existsSync(path), resize: () => image(path) };
}

/** Double of `nativeImage`: knows only whether the file is there. */
export const nativeImage = { createFromPath: image };

/** Double of `Menu`. */
export class Menu implements Pick<RealMenu, never> {
  readonly items: readonly MenuItemConstructorOptions[];
  static #application: Menu | null = null;

  constructor(items: readonly MenuItemConstructorOptions[] = []) {
    this.items = items;
  }

  static buildFromTemplate(template: readonly MenuItemConstructorOptions[]): Menu {
    return new Menu(template);
  }

  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }

  static getApplicationMenu(): Menu | null {
    return Menu.#application;
  }
}

/** Double of `Tray`; `Tray.all` is the double's own. */
export class Tray extends EventEmitter implements Pick<RealTray, 'setToolTip' | 'destroy' | 'isDestroyed'> {
  static readonly all: Tray[] = [];
  readonly icon: ImageDouble;
  toolTip = '';
  menu: Menu | null = null;
  #destroyed = false;

  constructor(icon: ImageDouble) {
    super();
    this.icon = icon;
    Tray.all.push(this);
  }

  setToolTip(text: string): void {
    this.toolTip = text;
  }

  setContextMenu(menu: Menu | null): void {
    this.menu = menu;
  }

  destroy(): void {
    this.#destroyed = true;
  }

  isDestroyed(): boolean {
    return this.#destroyed;
  }
}
