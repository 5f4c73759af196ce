import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { ownerMark } from './orphans.ts';

export interface CommandOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** The whole environment of the command, but for our mark; `commandEnvironment()` when left out. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of each of the two streams, the newest bytes kept. */
  readonly keptBytes?: number;
}

/** How a command ended. `not-found`: the program does not exist; `timed-out`: it was killed after `timeoutMs`. */
export type CommandOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'killed'; readonly by: string; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'timed-out'; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'not-found'; readonly reason: string };

const KEPT_BYTES = 256 * 1024;

/** What a command of ours gets from the surrounding environment: enough to be found and to find its libraries. */
export function commandEnvironment(
  extra: Readonly<Record<string, string>> = {},
  surrounding: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const env: Record<string, string> = { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };
  for (const name of ['PATH', 'HOME', 'TMPDIR', 'LD_LIBRARY_PATH', 'SYSTEMROOT', 'TEMP', 'TMP']) {
    const value = surrounding[name];
    if (value !== undefined && value !== '') env[name] = value;
  }
  return { ...env, ...extra };
}

/** Joins folders to a search path such as LD_LIBRARY_PATH, the first one winning, each named once. */
export function searchPath(...parts: readonly (string | undefined)[]): string {
  const folders = parts.flatMap((part) => (part ?? '').split(delimiter)).filter((folder) => folder !== '');
  return [...new Set(folders)].join(delimiter);
}

/**
 * Runs one command to its end and says how it ended. It is its own process group, so that a time-out or an abort also
 * ends what it started (g++ is four processes). Rejects only with the signal's reason.
 */
export async function runCommand(
  argv: readonly [string, ...string[]],
  options: CommandOptions,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  signal.throwIfAborted();
  const [program, ...args] = argv;
  const { promise, resolve } = Promise.withResolvers<CommandOutcome>();
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    // Should we be killed, our next start finds and ends it by the mark.
    env: { ...(options.env ?? commandEnvironment()), ...ownerMark() },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const stdout = keepNewest(child.stdout, options.keptBytes ?? KEPT_BYTES);
  const stderr = keepNewest(child.stderr, options.keptBytes ?? KEPT_BYTES);
  let timedOut = false;
  const kill = () => killGroup(child.pid);
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, options.timeoutMs);
  signal.addEventListener('abort', kill, { once: true });
  child.once('error', (error) => resolve({ kind: 'not-found', reason: error.message }));
  child.once('close', (code, by) => {
    const streams = { stdout: stdout(), stderr: stderr() };
    if (timedOut) resolve({ kind: 'timed-out', ...streams });
    else if (code === null) resolve({ kind: 'killed', by: by ?? 'unknown', ...streams });
    else resolve({ kind: 'exited', code, ...streams });
  });
  try {
    const outcome = await promise;
    signal.throwIfAborted();
    return outcome;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
  }
}

function keepNewest(stream: NodeJS.ReadableStream, limit: number): () => string {
  let chunks: Buffer[] = [];
  let size = 0;
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > 2 * limit) {
      const newest = Buffer.concat(chunks).subarray(-limit);
      chunks = [newest];
      size = newest.length;
    }
  });
  return () => Buffer.concat(chunks).subarray(-limit).toString('utf8');
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It ended by itself in the meantime.
  }
}
