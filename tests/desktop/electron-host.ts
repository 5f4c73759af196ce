import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { _electron, type ElectronApplication } from 'playwright-core';
import { ROOT } from '../e2e/program.ts';
import { followOutput, programFolders, type DesktopHost, type DesktopProgram } from './desktop-program.ts';

function electronExecutable(): string | null {
  const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const note = join(folder, 'path.txt');
  const name = existsSync(note) ? readFileSync(note, 'utf8') : 'electron';
  const path = join(process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(folder, 'dist'), name);
  return existsSync(path) ? path : null;
}

function whyMissing(): string | null {
  if (electronExecutable() === null) return "Electron's binary is not here";
  const needsDisplay = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'];
  return needsDisplay ? 'there is no display' : null;
}

async function start(directory: string, flags: readonly string[] = []): Promise<DesktopProgram> {
  const { dataDir, modelsDir, flags: own } = programFolders(directory);
  const application: ElectronApplication = await _electron.launch({
    executablePath: electronExecutable() ?? '',
    // Chromium's sandbox refuses root.
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), ROOT, ...own, ...flags],
    cwd: directory,
  });
  const child = application.process();
  const { output, ready, ended } = followOutput(child);
  return {
    child,
    dataDir,
    modelsDir,
    url: await ready,
    spell: (appUrl) => appUrl,
    output,
    window: async () => application.windows().at(-1) ?? application.firstWindow(),
    pages: () => application.windows(),
    evaluate: (run, argument) => application.evaluate(run as never, argument as never),
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export const realElectron: DesktopHost = { name: 'Electron', missing: whyMissing(), start };
