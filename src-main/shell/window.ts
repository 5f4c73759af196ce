import { BrowserWindow, nativeTheme, session } from 'electron';
import { join } from 'node:path';
import { APP_URL } from './app-protocol.ts';
import { showCrashLoop } from './dialogs.ts';
import { confine } from './security.ts';
import { FIRST_SIZE, readBounds, rememberBounds } from './window-bounds.ts';

export interface WindowOptions {
  readonly preload: string;
  readonly icon: string;
  readonly dataDir: string;
}

/** A page that lives shorter than this after a crash would crash for ever. */
const CRASH_LOOP_MS = 10_000;

/** The one window. It is shown once its page is painted, so that nothing flashes. */
export function createWindow({ preload, icon, dataDir }: WindowOptions): BrowserWindow {
  const boundsPath = join(dataDir, 'window.json');
  const bounds = readBounds(boundsPath);
  const window = new BrowserWindow({
    ...(bounds ?? FIRST_SIZE),
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Cortex',
    icon,
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#0d0e11' : '#fafbfc',
    webPreferences: {
      preload,
      session: session.defaultSession,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  });
  confine(window.webContents);
  if (bounds?.maximized) window.maximize();
  rememberBounds(window, boundsPath);
  window.once('ready-to-show', () => window.show());
  reviveAfterCrash(window);
  // A load that a reload overtakes rejects; whether the page is there is seen in the window.
  window.loadURL(APP_URL).catch((error: unknown) => console.error('The page was not loaded:', error));
  return window;
}

/** A crashed page is loaded anew, since the control center never noticed; one that crashes at once again is left. */
function reviveAfterCrash(window: BrowserWindow): void {
  let revivedAt = -Infinity;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    if (Date.now() - revivedAt < CRASH_LOOP_MS) {
      showCrashLoop(reason);
      return;
    }
    revivedAt = Date.now();
    window.webContents.reload();
  });
}
