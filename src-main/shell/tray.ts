import { app, Menu, nativeImage, Tray } from 'electron';
import type { ModelState } from '../contract/models.ts';

export interface TrayModel {
  readonly name: string;
  readonly state: ModelState;
}

/** The icon beside the clock: what runs, the way back to the window, the way out. */
export class TrayIcon implements Disposable {
  readonly #tray: Tray;
  readonly #showWindow: () => void;

  constructor(icon: string, showWindow: () => void) {
    this.#showWindow = showWindow;
    this.#tray = new Tray(nativeImage.createFromPath(icon).resize({ width: 22, height: 22 }));
    this.#tray.on('click', showWindow);
    this.show([]);
  }

  show(models: readonly TrayModel[]): void {
    const busy = models.filter(({ state }) => state !== 'stopped');
    const running = busy.filter(({ state }) => state === 'running').length;
    this.#tray.setToolTip(running === 0 ? 'Cortex' : `Cortex: ${running} running`);
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Open Cortex', click: this.#showWindow },
        { type: 'separator' },
        ...(busy.length === 0
          ? [{ label: 'No model is running', enabled: false }]
          : busy.map(({ name, state }) => ({ label: `${name}: ${state}`, enabled: false }))),
        { type: 'separator' },
        { label: 'Quit', click: () => app.quit() },
      ]),
    );
  }

  [Symbol.dispose](): void {
    this.#tray.destroy();
  }
}
