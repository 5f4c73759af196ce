import { app, session, type BrowserWindow } from 'electron';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { START_REFUSED, HELP, ownArguments, readFlags, startProblem } from '../options.ts';
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
let asking = false;
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

/** The flags, or null when the program has said all it was asked to. Chromium's own files go below the data directory. */
function readOwnFlags(): ReturnType<typeof readFlags> | null {
  const flags = readFlags(ownArguments(process.argv), process.env);
  if (flags.help || flags.version) {
    console.log(flags.help ? HELP : app.getVersion());
    return null;
  }
  const profile = join(flags.dataDir, 'window');
  mkdirSync(profile, { recursive: true, mode: 0o700 });
  app.setPath('userData', profile);
  return flags;
}

async function start(): Promise<void> {
  registerAppScheme();
  const flags = readOwnFlags();
  // The lock lies in the profile: one program a data directory, and a second start shows the first one's window.
  if (flags === null || !app.requestSingleInstanceLock()) {
    app.exit(0);
    return;
  }
  listen();
  await app.whenReady();
  denyPermissions(session.defaultSession);
  serveApp(session.defaultSession, join(root, 'out', 'renderer'));
  program = await startProgram({
    flags,
    version: app.getVersion(),
    rendererDir: join(root, 'out', 'renderer'),
    resourcesDir,
    workers: {
      inspect: new URL('./inspect-worker.js', import.meta.url),
      usage: new URL('./usage-worker.js', import.meta.url),
    },
    pickFolder: () => pickFolder(window),
  });
  if (quitting) {
    await leave();
    return;
  }
  brokerPorts(() => window, program);
  installMenu(showWindow);
  void followModels(program, new TrayIcon(icon, showWindow));
  showWindow();
  console.log(`Cortex is ready at ${program.info().endpoint.url}`);
}

function listen(): void {
  app.on('second-instance', showWindow);
  app.on('activate', showWindow);
  app.on('window-all-closed', () => undefined);
  app.on('before-quit', (event) => {
    if (quitting) return;
    event.preventDefault();
    void quit();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end());
}

async function followModels({ center }: Program, tray: TrayIcon): Promise<void> {
  for await (const _event of center.models.watch(new AbortController().signal)) {
    tray.show(center.models.list().map(({ name, state }) => ({ name, state })));
  }
}

async function quit(): Promise<void> {
  if (asking) return;
  const models = program?.center.models.list() ?? [];
  const running = models.filter(({ state }) => state !== 'stopped' && state !== 'failed');
  if (running.length > 0 && program?.center.settings.read().on_quit === 'ask') {
    asking = true;
    const answer = await askBeforeQuit(window, running).finally(() => (asking = false));
    if (answer === 'background') window?.hide();
    if (answer === 'leave') program.center.leaveContainers();
    else if (answer !== 'quit') return;
  }
  await end();
}

async function end(): Promise<void> {
  if (quitting) return;
  quitting = true;
  window?.hide();
  // A program that is still starting leaves as soon as it stands.
  if (program !== null) await leave();
}

/** Stops the engines, writes what waits to be written, and goes. */
async function leave(): Promise<void> {
  try {
    await program?.[Symbol.asyncDispose]();
    app.exit(0);
  } catch (error) {
    console.error(error);
    app.exit(1);
  }
}

start().catch((error: unknown) => {
  if (startProblem(error) === null) console.error(error);
  showStartError(error);
  app.exit(START_REFUSED);
});
