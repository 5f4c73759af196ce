import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessTrace } from '../../ports/processes.ts';
import { LAUNCH_MARK } from './environment.ts';

/** Field 22 of /proc/PID/stat: start time in clock ticks since boot. With the process id it names one process for ever. */
export function startTimeOf(pid: number): string | null {
  if (process.platform === 'linux') return statFields(pid)?.[START_TIME] ?? null;
  if (process.platform === 'win32') return null;
  try {
    return execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 2000 }).trim();
  } catch {
    return null;
  }
}

/** Positions after the name, which stands in brackets and may itself hold spaces and brackets. */
const STATE = 0;
const GROUP = 2;
const START_TIME = 19;

function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

/** Of x64; elsewhere pages may be larger. */
const PAGE_BYTES = 4096;

/** Memory a process really occupies, mapped files included, in bytes; null where the platform does not say. */
export function residentBytesOf(pid: number): number | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return null;
  }
}

/** A process that is dead and only waits for its parent to notice counts as gone. */
export function isAlive(pid: number): boolean {
  if (process.platform === 'linux') {
    const fields = statFields(pid);
    return fields !== null && fields[STATE] !== 'Z' && fields[STATE] !== 'X';
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Signals the whole group where the process leads one, else the process alone. False when there is nobody left. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  const leads = process.platform === 'win32' ? false : process.platform !== 'linux' || leadsGroup(pid);
  try {
    process.kill(leads ? -pid : pid, signal);
    return true;
  } catch {
    return false;
  }
}

function leadsGroup(pid: number): boolean {
  const group = statFields(pid)?.[GROUP];
  // A leader that is gone may have left its group behind.
  return group === undefined || Number(group) === pid;
}

/** The ids of all processes that belong to one of these launches. */
export async function findTraced(traces: readonly ProcessTrace[]): Promise<number[]> {
  const found = new Set<number>();
  for (const trace of traces) {
    if (trace.pid !== null && isTraced(trace.pid, trace)) found.add(trace.pid);
  }
  if (process.platform === 'linux') {
    // Between the start of a process and the note of its id the program may have been killed: then only the mark is left.
    const launches = new Set(traces.map((trace) => trace.launchId));
    for (const { pid, value } of await findMarked(LAUNCH_MARK)) if (launches.has(value)) found.add(pid);
  }
  return [...found];
}

function isTraced(pid: number, trace: ProcessTrace): boolean {
  if (trace.started === null || startTimeOf(pid) !== trace.started) return false;
  if (process.platform !== 'linux') return true;
  try {
    const running = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
    return running === trace.executable || running === realPath(trace.executable);
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The other processes of this user that bear a mark in their environment, and what it says. Linux only. */
export async function findMarked(name: string): Promise<{ readonly pid: number; readonly value: string }[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Processes of other users cannot be read, and are none of ours.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      const variable = environment.split('\0').find((entry) => entry.startsWith(`${name}=`));
      return variable === undefined ? [] : [{ pid: Number(pid), value: variable.slice(name.length + 1) }];
    }),
  );
  return found.flat();
}

const LOOK_AGAIN_MS = 25;

/** Resolves when none of these processes lives, or the time is over. */
export async function goneWithin(pids: readonly number[], limitMs: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + limitMs;
  while (pids.some(isAlive) && Date.now() < until) await sleep(LOOK_AGAIN_MS, undefined, { signal });
}
