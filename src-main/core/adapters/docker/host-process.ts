import { readFileSync } from 'node:fs';
import { isAlive, residentBytesOf, startTimeOf } from '../processes/identity.ts';

/** The first process of a container, where it is one of this machine's (in Docker Desktop it runs in a virtual machine). */
export interface HostProcess {
  readonly pid: number;
  /** With the id it names one process for ever. */
  readonly started: string;
}

export function hostProcessOf(containerId: string, pid: number): HostProcess | null {
  if (process.platform !== 'linux' || pid <= 0) return null;
  // The same number may be another process here: its control group names the container.
  const groups = read(`/proc/${pid}/cgroup`);
  const started = startTimeOf(pid);
  return groups.includes(containerId) && started !== null ? { pid, started } : null;
}

export function isGone({ pid, started }: HostProcess): boolean {
  return !isAlive(pid) || startTimeOf(pid) !== started;
}

/** Of the process and all below it: the container's own init stands above the engine. */
export function residentBytesOfTree(root: number): number | null {
  let sum: number | null = null;
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const bytes = residentBytesOf(pid);
    if (bytes !== null) sum = (sum ?? 0) + bytes;
    waiting.push(...read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number));
  }
  return sum;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
