import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunningProgram, temporaryDirectory } from '../e2e/program.ts';
import { followOutput } from './desktop-program.ts';
import { realElectron } from './electron-host.ts';

/** What `npm start` runs. */
const START = [process.execPath, 'src-main/launch.ts'];
/** A display that is only named: nothing here reaches for it. */
const DISPLAY = { DISPLAY: ':99', WAYLAND_DISPLAY: '' };

interface Launched extends AsyncDisposable {
  readonly program: RunningProgram;
  readonly output: string;
  readonly elapsedMs: number;
}

/** `npm start` until it serves, and what it printed by then. */
async function launch(directory: string, env: NodeJS.ProcessEnv): Promise<Launched> {
  const startedAt = performance.now();
  const program = RunningProgram.spawn(directory, ['--port', '0'], env, START);
  const { output, ready } = followOutput(program.child);
  await ready;
  // The lines after the ready line, which say how to log in where there is no window.
  await new Promise((resolve) => setTimeout(resolve, 200));
  return {
    program,
    output: output(),
    elapsedMs: performance.now() - startedAt,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}

/** A folder with a program named as Electron's. */
function electronAt(directory: string, script: string): NodeJS.ProcessEnv {
  const folder = join(directory, 'electron');
  mkdirSync(folder);
  writeFileSync(join(folder, 'electron'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { ...DISPLAY, ELECTRON_OVERRIDE_DIST_PATH: folder };
}

test('without a display it says so in one line and runs headless', async () => {
  using directory = temporaryDirectory();
  await using launched = await launch(directory.path, { DISPLAY: '', WAYLAND_DISPLAY: '' });
  expect(launched.output).toMatch(
    /^Running without a window, because there is no display here\.\nCortex is ready at http:\S+\nLog in once with http/m,
  );
  expect(await launched.program.stop()).toEqual({ code: 0, signal: null });
});

test('with a display and no Electron in the named folder it runs headless', async () => {
  using directory = temporaryDirectory();
  const folder = join(directory.path, 'nothing');
  await using launched = await launch(directory.path, { ...DISPLAY, ELECTRON_OVERRIDE_DIST_PATH: folder });
  expect(launched.output).toContain(`Running without a window, because no Electron in ${folder}.\n`);
});

// Where Electron is installed, nothing is fetched.
test.runIf(realElectron.missing !== null)(
  'an Electron that cannot be fetched does not hold the program up',
  async () => {
    using directory = temporaryDirectory();
    const env = {
      ...DISPLAY,
      ELECTRON_MIRROR: 'http://127.0.0.1:9/',
      electron_config_cache: join(directory.path, 'cache'),
    };
    await using launched = await launch(directory.path, env);
    expect(launched.output).toMatch(
      /^Fetching Electron \(once\)\nRunning without a window, because Electron's binary could not be fetched\.\nCortex is ready/m,
    );
    expect(launched.elapsedMs).toBeLessThan(30_000);
  },
);

test('an Electron that ends at once, as it does without its libraries, is followed by the headless program', async () => {
  using directory = temporaryDirectory();
  await using launched = await launch(directory.path, electronAt(directory.path, 'exit 127'));
  expect(launched.output).toMatch(
    /^Running without a window, because Electron could not open a window\.\nCortex is ready/m,
  );
});

test('where Electron runs, the window is the program, and a signal ends it with 0', async () => {
  using directory = temporaryDirectory();
  const register = join(import.meta.dirname, 'stand-in/register.ts');
  const script = `app=$1; shift; exec "${process.execPath}" --import "${register}" "$app/out/main/index.js" "$@"`;
  await using launched = await launch(directory.path, electronAt(directory.path, script));
  expect(launched.output).toMatch(/^Cortex is ready at http:\S+\n$/m);
  expect(launched.output).not.toContain('Running without a window');
  expect(await launched.program.stop()).toEqual({ code: 0, signal: null });
});

test('--help is answered without a window', async () => {
  using directory = temporaryDirectory();
  const program = RunningProgram.spawn(directory.path, ['--help'], { DISPLAY: '', WAYLAND_DISPLAY: '' }, START);
  const { output, ended } = followOutput(program.child);
  expect((await ended).code).toBe(0);
  expect(output()).toContain('--data-dir DIR');
});
