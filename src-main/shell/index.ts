import { app, session, type BrowserWindow } from 'electron';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownArguments, readFlags } from '../options.ts';
import { startProgram, type Program } from '../program.ts';
import { registerAppScheme, serveApp } from './app-protocol.ts';
import { askBeforeQuit, pickFolder, showStartError } from './dialogs.ts';
import { installMenu } from './menu.ts';
import { brokerPorts } from './port-broker.ts';
import { denyPermissions } from './security.ts';
import { TrayIcon } from './tray.ts';
import { createWindow } from './window.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = app.isPackaged ? app.getAppPath() : join(here, '..', '..');
/** Beside the archive in a package, since a GGUF must be a real file and an engine executable. */
const resourcesDir = app.isPackaged ? process.resourcesPath : join(root, 'resources');
const icon = join(resourcesDir, 'icons', 'icon.png');

let window: BrowserWindow | null = null;
let program: Program | null = null;
let quitting = false;

function showWindow(): void {
  if (!program) return;
  if (!window || window.isDestroyed()) {
    window = createWindow({
      preload: join(root, 'out', 'preload', 'index.cjs'),
      icon,
      dataDir: program.info().data_dir,
    });
    window.on('close', onClose);
    return;
  }
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

/** On macOS a program lives on without a window; elsewhere closing the last one is quitting, with its question. */
function onClose(event: Electron.Event): void {
  if (quitting || process.platform === 'darwin') return;
  event.preventDefault();
  app.quit();
}

async function start(): Promise<void> {
  registerAppScheme();
  if (!app.requestSingleInstanceLock()) {
    app.exit(0);
    return;
  }
  app.on('second-instance', showWindow);
  app.on('activate', showWindow);
  app.on('window-all-closed', () => undefined);
  app.on('before-quit', (event) => {
    if (quitting) return;
    event.preventDefault();
    void quit();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end());
  await app.whenReady();
  denyPermissions(session.defaultSession);
  serveApp(session.defaultSession, join(root, 'out', 'renderer'));
  try {
    program = await startProgram({
      flags: readFlags(ownArguments(process.argv), process.env),
      version: app.getVersion(),
      rendererDir: join(root, 'out', 'renderer'),
      resourcesDir,
      inspectWorkerUrl: new URL('./inspect-worker.js', import.meta.url),
      pickFolder: () => pickFolder(window),
    });
  } catch (error) {
    showStartError(error);
    app.exit(1);
    return;
  }
  const { center } = program;
  brokerPorts(() => window, program);
  installMenu(showWindow);
  const tray = new TrayIcon(icon, showWindow);
  void followModels(tray);
  showWindow();
  console.log(`Cortex is ready at ${program.info().endpoint.url}`);

  async function followModels(icon: TrayIcon): Promise<void> {
    for await (const _event of center.models.watch(new AbortController().signal)) {
      icon.show(center.models.list().map(({ name, state }) => ({ name, state })));
    }
  }
}

async function quit(): Promise<void> {
  const models = program?.center.models.list() ?? [];
  const running = models.filter(({ state }) => state !== 'stopped' && state !== 'failed').map(({ name }) => name);
  if (running.length > 0 && program?.center.settings.read().on_quit === 'ask') {
    const answer = await askBeforeQuit(window, running);
    if (answer === 'background') window?.hide();
    if (answer !== 'quit') return;
  }
  await end();
}

/** Stops the engines, writes what waits to be written, and goes. */
async function end(): Promise<void> {
  if (quitting) return;
  quitting = true;
  window?.hide();
  await program?.[Symbol.asyncDispose]();
  app.exit(0);
}

void start();
