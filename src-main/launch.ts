import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { START_REFUSED } from './options.ts';

/**
 * What `npm start` and `npm run headless` run: builds `out/` when a source is newer, then starts the desktop program, or
 * the headless one in this very process (so that signals to npm reach it) where Electron or a display cannot be had.
 */
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STAMP = join(ROOT, 'out', '.built');
const SOURCES = ['src-main/**/*', 'src-preload/**/*', 'src-renderer/**/*', 'electron.vite.config.ts', 'package.json'];
const FETCH_LIMIT_MS = 15 * 60_000;
/** An Electron that ends sooner, and with an error, never showed a window. */
const STILLBORN_MS = 5_000;

function newestSource(): number {
  const files = globSync(SOURCES, { cwd: ROOT });
  return Math.max(...files.map((file) => statSync(join(ROOT, file)).mtimeMs));
}

/** Builds when `out/` is missing or older than a source. A second start at the same moment waits for the first one's build. */
export function buildIfStale(): void {
  const newest = newestSource();
  const isFresh = () => existsSync(STAMP) && statSync(STAMP).mtimeMs >= newest;
  if (isFresh()) return;
  using _turn = takeTurn(join(ROOT, 'out.lock'));
  if (isFresh()) return;
  console.log('Building the program (some seconds, after an update only)');
  const cli = join(
    dirname(createRequire(import.meta.url).resolve('electron-vite/package.json')),
    'bin',
    'electron-vite.js',
  );
  const built = spawnSync(process.execPath, [cli, 'build', '--logLevel', 'warn'], { cwd: ROOT, encoding: 'utf8' });
  if (built.status !== 0) {
    // Thrown, so that the lock goes with it.
    throw new Error(`The program could not be built:\n${built.stdout}${built.stderr}`);
  }
  writeFileSync(STAMP, '');
  utimesSync(STAMP, newest / 1000, newest / 1000);
}

/** A directory as a lock; one whose owner is gone is taken over. */
function takeTurn(path: string): Disposable {
  const owner = join(path, 'pid');
  for (;;) {
    try {
      mkdirSync(path);
      writeFileSync(owner, String(process.pid));
      return { [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isAbandoned(path, owner)) rmSync(path, { recursive: true, force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function isAbandoned(path: string, owner: string): boolean {
  try {
    process.kill(Number(readFileSync(owner, 'utf8')), 0);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return false;
    // Between making the directory and naming its owner there is a moment; after ten seconds it is a leftover.
    return existsSync(path) && (existsSync(owner) || Date.now() - statSync(path).mtimeMs > 10_000);
  }
}

/** Electron's executable, fetched at the first start; or the reason, in words, why there is none. */
function electronExecutable(): { path: string } | { reason: string } {
  if (process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'])
    return { reason: 'there is no display here' };
  const directory = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const executable = (): string | null => {
    if (override) return join(override, process.platform === 'win32' ? 'electron.exe' : 'electron');
    const note = join(directory, 'path.txt');
    return existsSync(note) ? join(directory, 'dist', readFileSync(note, 'utf8')) : null;
  };
  const found = executable();
  if (found && existsSync(found)) return { path: found };
  if (override) return { reason: `no Electron in ${override}` };
  console.log('Fetching Electron (once)');
  spawnSync(process.execPath, [join(directory, 'install.js')], { stdio: 'ignore', timeout: FETCH_LIMIT_MS });
  const fetched = executable();
  return fetched && existsSync(fetched) ? { path: fetched } : { reason: "Electron's binary could not be fetched" };
}

/** Runs the desktop program to its end; the reason when it could not start at all. */
function runDesktop(executable: string, args: readonly string[]): Promise<{ code: number } | { reason: string }> {
  const startedAt = Date.now();
  const child = spawn(executable, [ROOT, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ reason: `Electron could not be started (${error.message})` }));
    child.once('exit', (code) => {
      const refused = code === START_REFUSED;
      const stillborn = code !== 0 && !refused && Date.now() - startedAt < STILLBORN_MS;
      resolve(stillborn ? { reason: 'Electron could not open a window' } : { code: refused ? 1 : (code ?? 1) });
    });
  });
}

async function launch(): Promise<void> {
  const wantsHeadless = process.argv[2] === '--headless';
  const args = process.argv.slice(wantsHeadless ? 3 : 2);
  buildIfStale();
  if (!wantsHeadless) {
    const electron = electronExecutable();
    const ended = 'path' in electron ? await runDesktop(electron.path, args) : electron;
    if ('code' in ended) process.exit(ended.code);
    console.log(`Running without a window, because ${ended.reason}.`);
    process.removeAllListeners('SIGINT').removeAllListeners('SIGTERM');
  }
  const program = join(ROOT, 'out', 'main', 'headless.js');
  process.argv = [process.argv[0] ?? 'node', program, ...args];
  await import(pathToFileURL(program).href);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await launch().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
