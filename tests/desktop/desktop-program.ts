import type { ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import type { Ended } from '../e2e/program.ts';

/** A function of (electron, argument), run in the program's main process: it sees nothing from outside itself. */
export type InMain<Argument, Answer> = (
  electron: typeof Electron.CrossProcessExports,
  argument: Argument,
) => Answer | Promise<Answer>;

/** The desktop program in a process of its own: on the double of `electron`, or on the real one. */
export interface DesktopProgram extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly dataDir: string;
  readonly modelsDir: string;
  /** Where the gateway listens. */
  readonly url: string;
  /** How the program's own scheme is spelled in this host's Chromium. */
  readonly spell: (appUrl: string) => string;
  readonly output: () => string;
  /** The page of the window that was opened last. */
  readonly window: () => Promise<Page>;
  /** All pages there are. */
  readonly pages: () => Page[];
  readonly evaluate: <Argument, Answer>(run: InMain<Argument, Answer>, argument: Argument) => Promise<Answer>;
  readonly ended: Promise<Ended>;
}

export interface DesktopHost {
  readonly name: string;
  /** Why it cannot run here; null where it can. */
  readonly missing: string | null;
  readonly start: (directory: string, flags?: readonly string[]) => Promise<DesktopProgram>;
}

export const READY_WITHIN_MS = 60_000;

/** The flags every desktop program of a test starts with, and the folders they name. */
export function programFolders(directory: string): { dataDir: string; modelsDir: string; flags: string[] } {
  const dataDir = join(directory, 'data');
  const modelsDir = join(directory, 'models');
  mkdirSync(modelsDir, { recursive: true });
  return { dataDir, modelsDir, flags: ['--data-dir', dataDir, '--models-dir', modelsDir, '--port', '0'] };
}

/** Follows what a program prints; `ready` gives its address, or rejects with the output when it ends before. */
export function followOutput(child: ChildProcess): {
  readonly output: () => string;
  readonly ready: Promise<string>;
  readonly ended: Promise<Ended>;
} {
  let output = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
  const ended = new Promise<Ended>((settle) => {
    child.once('close', (code, signal) => settle({ code, signal }));
  });
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      output += `${line}\n`;
      const url = /^Cortex is ready at (?<url>http:\S+)$/.exec(line)?.groups?.['url'];
      if (url !== undefined) resolve(url);
    });
  }
  const fail = (what: string) => reject(new Error(`${what}:\n${output}`));
  setTimeout(() => fail(`not ready within ${READY_WITHIN_MS} ms`), READY_WITHIN_MS).unref();
  void ended.then(({ code }) => fail(`ended with ${code} before it was ready`));
  ready.catch(() => undefined);
  return { output: () => output, ready, ended };
}
