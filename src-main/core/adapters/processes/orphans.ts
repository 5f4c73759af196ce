import { readlinkSync } from 'node:fs';
import { findMarked, goneWithin, isAlive, signalGroup, startTimeOf } from './identity.ts';

/** Names, in a command's environment, the program that runs it. */
const OWNER_MARK = 'CORTEX_COMMAND_OWNER';
const END_MS = 3000;

/** One program on this machine: process ids mean something within one namespace only, and come again. */
interface CommandOwner {
  readonly namespace: string;
  readonly pid: number;
  readonly started: string;
}

/** What marks the commands of this program; empty where the platform has no way to find a mark again. */
export function ownerMark(): Record<string, string> {
  const started = process.platform === 'linux' ? startTimeOf(process.pid) : null;
  return started === null ? {} : { [OWNER_MARK]: `${namespaceOfPids()} ${process.pid} ${started}` };
}

/**
 * Ends the commands of programs that are gone: a killed one cannot end its compilers, and its time-outs died with it.
 * Those of programs that live are left alone. Answers with the process ids ended.
 */
export async function endOrphanedCommands(signal: AbortSignal): Promise<number[]> {
  if (process.platform !== 'linux') return [];
  const marked = await findMarked(OWNER_MARK);
  const orphans = marked.filter(({ value }) => isGone(parseOwner(value))).map(({ pid }) => pid);
  for (const pid of orphans) signalGroup(pid, 'SIGKILL');
  await goneWithin(orphans, END_MS, signal);
  return orphans;
}

function parseOwner(value: string): CommandOwner | null {
  const [namespace, pid, started] = value.split(' ');
  return namespace && pid && started ? { namespace, pid: Number(pid), started } : null;
}

function isGone(owner: CommandOwner | null): boolean {
  if (owner === null || owner.namespace !== namespaceOfPids()) return false;
  return !isAlive(owner.pid) || startTimeOf(owner.pid) !== owner.started;
}

function namespaceOfPids(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return 'unknown';
  }
}
