import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_NODE = 24;

/** The program without a window: for a GPU box reached over SSH, and for tests. Exits 0 on a signal, 1 with one sentence otherwise. */
async function main(): Promise<void> {
  // From the first moment: a signal during the start ends a program that was just started, properly.
  const stopAsked = signalled();
  const { HELP, readFlags, startProblem } = await import('./options.ts');
  const root = packageRoot(dirname(fileURLToPath(import.meta.url)));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  try {
    const flags = readFlags(process.argv.slice(2), process.env);
    if (flags.help) {
      console.log(HELP);
      return;
    }
    if (flags.version) {
      console.log(version);
      return;
    }
    const { startProgram } = await import('./program.ts');
    const { openBrowser } = await import('./core/adapters/open-browser.ts');
    const program = await startProgram({
      flags,
      version,
      rendererDir: join(root, 'out', 'renderer'),
      resourcesDir: join(root, 'resources'),
      workers: workerUrls(),
      pickFolder: null,
    });
    const { url, reach } = program.info().endpoint;
    const loginPath = program.createLoginPath();
    console.log(`Cortex is ready at ${url}`);
    console.log(`Log in once with ${url}${loginPath}`);
    console.log(`On another port (an SSH tunnel), open ${loginPath}`);
    if (reach === 'network')
      console.log(
        'It can be reached from the network. API keys and the login protect it, but nothing encrypts it: put TLS in front.',
      );
    if (flags.open) openBrowser(`${url}${loginPath}`);
    await stopAsked;
    console.log('Stopping');
    await program[Symbol.asyncDispose]();
    process.exit(0);
  } catch (error) {
    console.error(startProblem(error) ?? error);
    process.exit(1);
  }
}

/** Resolves at the first SIGTERM or SIGINT; a second one ends the program at once. */
function signalled(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        count += 1;
        if (count > 1) process.exit(1);
        resolve();
      });
    }
  });
}

/** In the sources, or beside this file in the bundle. */
function workerUrls(): { inspect: URL; usage: URL } {
  const isSource = import.meta.url.endsWith('.ts');
  const worker = (source: string, bundled: string) => new URL(isSource ? source : bundled, import.meta.url);
  return {
    inspect: worker('./core/adapters/inspector/inspect-worker.ts', './inspect-worker.js'),
    usage: worker('./core/adapters/usage-writer/usage-worker.ts', './usage-worker.js'),
  };
}

function packageRoot(from: string): string {
  for (let at = from; ; at = dirname(at)) {
    if (existsSync(join(at, 'package.json'))) return at;
    if (dirname(at) === at) throw new Error(`no package.json above ${from}`);
  }
}

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  console.error(
    `Cortex needs Node ${OLDEST_NODE} or newer (this is ${process.versions.node}). "npm run headless" brings its own.`,
  );
  process.exit(1);
}
await main();
