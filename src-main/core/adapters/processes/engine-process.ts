import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineProcesses, EngineProcessRequest, ProcessTrace } from '../../ports/processes.ts';
import type { EngineInstance, InstanceEnd } from '../../ports/runtimes.ts';
import { engineEnvironment } from './environment.ts';
import { findTraced, goneWithin, isAlive, residentBytesOf, signalGroup, startTimeOf } from './identity.ts';
import { LineReader } from './line-reader.ts';
import { RotatingFile } from './rotating-file.ts';

/** A process that is gone may have left somebody who holds its output open. */
const LAST_LINES_MS = 500;
const STRAY_GRACE_MS = 3000;

export class ChildEngineProcesses implements EngineProcesses {
  spawn(request: EngineProcessRequest): EngineInstance {
    return new ChildEngineProcess(request);
  }

  async endStrays(traces: readonly ProcessTrace[], signal: AbortSignal): Promise<number[]> {
    if (traces.length === 0) return [];
    const pids = await findTraced(traces);
    for (const pid of pids) signalGroup(pid, 'SIGTERM');
    await goneWithin(pids, STRAY_GRACE_MS, signal);
    for (const pid of pids.filter(isAlive)) signalGroup(pid, 'SIGKILL');
    await goneWithin(pids, STRAY_GRACE_MS, signal);
    return pids;
  }
}

class ChildEngineProcess implements EngineInstance {
  readonly container = null;
  readonly port: number;
  readonly pid: number | null;
  readonly started: string | null;
  readonly ended: Promise<InstanceEnd>;
  readonly #file: RotatingFile;
  #isOver = false;

  constructor(request: EngineProcessRequest) {
    this.port = request.port;
    this.#file = new RotatingFile(request.logFile);
    this.#file.write(request.title);
    const child = spawn(request.executable, request.args, {
      env: engineEnvironment(request.launchId, request.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: a Ctrl-C in our terminal must not end it before we do, and its children end with it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.pid = child.pid ?? null;
    this.started = this.pid === null ? null : startTimeOf(this.pid);
    this.ended = this.#watch(child, request);
  }

  async #watch(child: ChildProcess, request: EngineProcessRequest): Promise<InstanceEnd> {
    const { promise, resolve } = Promise.withResolvers<InstanceEnd>();
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve(endOf(null, null, error.code ?? error.message));
    });
    const outputEnded = this.#read(child, request);
    child.once('exit', (exitCode, signal) => {
      this.#isOver = true;
      // Whatever it started must not outlive it.
      if (child.pid !== undefined) signalGroupLeftBy(child.pid);
      resolve(endOf(exitCode, signal, null));
    });
    const end = await promise;
    this.#isOver = true;
    await Promise.race([outputEnded, sleep(LAST_LINES_MS)]);
    child.stdout?.destroy();
    child.stderr?.destroy();
    await this.#file[Symbol.asyncDispose]();
    return end;
  }

  async #read(child: ChildProcess, request: EngineProcessRequest): Promise<void> {
    const onLine = (line: string) => {
      this.#file.write(line);
      request.onLine(line);
    };
    const ends: Promise<void>[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      const reader = new LineReader(request.secrets, onLine);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.push(promise);
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => reader.push(text));
      stream.once('error', () => resolve());
      stream.once('close', () => {
        reader.end();
        resolve();
      });
    }
    await Promise.all(ends);
  }

  residentBytes(): number | null {
    return this.pid === null || this.#isOver ? null : residentBytesOf(this.pid);
  }

  async stop(graceMs: number): Promise<InstanceEnd> {
    if (this.pid === null || this.#isOver) return this.ended;
    signalGroup(this.pid, 'SIGTERM');
    const grace = new AbortController();
    const timeUp = sleep(graceMs, 'late' as const, { signal: grace.signal }).catch(() => 'ended' as const);
    const first = await Promise.race([this.ended, timeUp]);
    if (first === 'late' && !this.#isOver) signalGroup(this.pid, 'SIGKILL');
    grace.abort();
    return this.ended;
  }
}

function signalGroupLeftBy(pid: number): void {
  if (process.platform === 'win32') return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody was left.
  }
}

function endOf(exitCode: number | null, signal: string | null, spawnError: string | null): InstanceEnd {
  // The kernel does not say whether memory was the reason.
  return { exitCode, signal, spawnError, outOfMemory: false, removed: false, runtimeLost: false };
}
