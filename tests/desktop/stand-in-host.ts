import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { vi } from 'vitest';
import { ROOT, type Ended } from '../e2e/program.ts';
import { followOutput, programFolders, type DesktopHost, type DesktopProgram, type InMain } from './desktop-program.ts';
import { isServedByApp, toChromium } from './stand-in/addresses.ts';
import type { Evaluated, Evaluation } from './stand-in/register.ts';

export interface StandInOptions {
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The built main process; of a package, where it was unpacked. */
  readonly main?: string;
}

/** The built shell on the double of `electron`, as a process that may end before it is ready. */
export function spawnOnStandIn(
  directory: string,
  { flags = [], env = {}, main = join(ROOT, 'out', 'main', 'index.js') }: StandInOptions = {},
): ChildProcess {
  const folders = programFolders(directory);
  return fork(main, [...folders.flags, ...flags], {
    cwd: directory,
    env: { ...process.env, ...env },
    execArgv: ['--disable-warning=ExperimentalWarning', '--import', join(import.meta.dirname, 'stand-in/register.ts')],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

/** Starts it and waits for its window. */
export async function startOnStandIn(directory: string, options: StandInOptions = {}): Promise<StandInProgram> {
  const child = spawnOnStandIn(directory, options);
  const { output, ready, ended } = followOutput(child);
  const endpoint = new Promise<string>((resolve) => {
    child.on('message', (message: { chromium?: string }) => {
      if (message.chromium !== undefined) resolve(message.chromium);
    });
  });
  const url = await ready;
  const browser = await chromium.connectOverCDP(await endpoint);
  return new StandInProgram(child, { directory, url, browser, output, ended });
}

interface Started {
  readonly directory: string;
  readonly url: string;
  readonly browser: Browser;
  readonly output: () => string;
  readonly ended: Promise<Ended>;
}

export class StandInProgram implements DesktopProgram {
  readonly child: ChildProcess;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly url: string;
  readonly spell = toChromium;
  readonly output: () => string;
  readonly ended: Promise<Ended>;
  readonly #browser: Browser;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  constructor(child: ChildProcess, { directory, url, browser, output, ended }: Started) {
    ({ dataDir: this.dataDir, modelsDir: this.modelsDir } = programFolders(directory));
    this.child = child;
    this.url = url;
    this.output = output;
    this.ended = ended;
    this.#browser = browser;
    child.on('message', (message: Partial<Evaluated>) => this.#settle(message));
    child.once('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The program ended:\n${output()}`));
    });
  }

  #settle({ id, value, error }: Partial<Evaluated>): void {
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  async evaluate<Argument, Answer>(run: InMain<Argument, Answer>, argument: Argument): Promise<Answer> {
    this.#lastId += 1;
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#lastId, answer);
    this.child.send({ id: this.#lastId, source: run.toString(), argument } satisfies Evaluation);
    return (await answer.promise) as Answer;
  }

  pages(): Page[] {
    return this.#browser.contexts().flatMap((context) => context.pages());
  }

  window(): Promise<Page> {
    return vi.waitFor(
      () => {
        const page = this.pages().findLast((candidate) => isServedByApp(candidate.url()));
        if (page === undefined) throw new Error('There is no window.');
        return page;
      },
      { timeout: 20_000 },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close().catch(() => undefined);
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGTERM');
    await this.ended;
  }
}

export const standIn: DesktopHost = {
  name: 'the double of Electron',
  missing: null,
  start: (directory, flags = []) => startOnStandIn(directory, { flags }),
};
