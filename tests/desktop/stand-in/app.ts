import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { App } from 'electron';
import { startChromium } from './chromium.ts';
import { BrowserWindow } from './browser-window.ts';
import { preventable } from './events.ts';

/** Set to the folder of an unpacked package, the double is that package: `<folder>/../` is `process.resourcesPath`. */
const packagedAt = process.env['CORTEX_DOUBLE_PACKAGE'] ?? null;
const root = packagedAt ?? resolve(import.meta.dirname, '../../..');
if (packagedAt !== null) Object.defineProperty(process, 'resourcesPath', { value: resolve(packagedAt, '..') });

type Used =
  | 'isPackaged'
  | 'getAppPath'
  | 'getVersion'
  | 'getPath'
  | 'setPath'
  | 'whenReady'
  | 'requestSingleInstanceLock'
  | 'quit'
  | 'exit';

/** Double of `app`: the life of the program, with Chromium started by `whenReady`. */
class AppDouble extends EventEmitter implements Pick<App, Used> {
  readonly isPackaged = packagedAt !== null;
  #ready: Promise<void> | null = null;
  readonly #paths = new Map<string, string>();

  getAppPath(): string {
    return root;
  }

  getVersion(): string {
    return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  }

  getPath(name: string): string {
    return this.#paths.get(name) ?? join(tmpdir(), `cortex-double-${process.pid}`, name);
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  whenReady(): Promise<void> {
    this.#ready ??= startChromium(this.getPath('userData')).then(() => void this.emit('ready'));
    return this.#ready;
  }

  /** By a file in the user data folder, like Chromium's own; the second one leaves its arguments there. */
  requestSingleInstanceLock(): boolean {
    const folder = this.getPath('userData');
    const lock = join(folder, 'double.pid');
    mkdirSync(folder, { recursive: true });
    if (isAlive(lock)) {
      writeFileSync(
        join(folder, `second-${process.pid}.json`),
        JSON.stringify({ argv: process.argv, cwd: process.cwd() }),
      );
      return false;
    }
    writeFileSync(lock, String(process.pid));
    process.on('exit', () => rmSync(lock, { force: true }));
    watch(folder, { persistent: false }, (_kind, name) => {
      if (name?.startsWith('second-')) this.#takeNotice(join(folder, name));
    });
    return true;
  }

  #takeNotice(path: string): void {
    let notice: { argv: string[]; cwd: string };
    try {
      notice = JSON.parse(readFileSync(path, 'utf8')) as { argv: string[]; cwd: string };
    } catch {
      return; // Half written, or taken already: another notice of the watcher follows, or came before.
    }
    rmSync(path, { force: true });
    this.emit('second-instance', preventable({}), notice.argv, notice.cwd, null);
  }

  quit(): void {
    const event = preventable({});
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    for (const window of BrowserWindow.getAllWindows()) window.close();
    if (BrowserWindow.getAllWindows().length > 0) return;
    this.emit('will-quit', preventable({}));
    this.emit('quit', preventable({}), 0);
    process.exit(0);
  }

  exit(code = 0): void {
    process.exit(code);
  }
}

function isAlive(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch {
    return false;
  }
}

export const app = new AppDouble();

BrowserWindow.onAllClosed(() => {
  if (app.listenerCount('window-all-closed') === 0) app.quit();
  else app.emit('window-all-closed');
});
