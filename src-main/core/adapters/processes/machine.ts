import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

export interface Machine {
  readonly logicalCores: number;
  readonly physicalCores: number;
  readonly totalMemoryBytes: number;
}

/** What defaults of engines depend on. In a container, what the container may use. */
export function readMachine(): Machine {
  const logicalCores = availableParallelism();
  const counted = process.platform === 'linux' ? linuxCores() : process.platform === 'darwin' ? macCores() : null;
  const limit = process.constrainedMemory();
  const memory = totalmem();
  return {
    logicalCores,
    physicalCores: Math.max(1, Math.min(counted ?? Math.ceil(logicalCores / 2), logicalCores)),
    // Without a limit the kernel answers 0 or a number beyond all memory.
    totalMemoryBytes: limit > 0 && limit < memory ? limit : memory,
  };
}

function linuxCores(): number | null {
  try {
    return countPhysicalCores(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return null;
  }
}

/** Two threads of one core share its "physical id" and "core id". Null where the kernel names neither (ARM). */
export function countPhysicalCores(cpuinfo: string): number | null {
  const cores = new Set<string>();
  for (const block of cpuinfo.split(/\n\s*\n/)) {
    const core = /^core id\s*:\s*(\d+)/m.exec(block)?.[1];
    if (core !== undefined) cores.add(`${/^physical id\s*:\s*(\d+)/m.exec(block)?.[1] ?? '0'}:${core}`);
  }
  if (cores.size > 0) return cores.size;
  const processors = cpuinfo.match(/^processor\s*:/gm)?.length ?? 0;
  return processors > 0 ? processors : null;
}

function macCores(): number | null {
  try {
    const count = Number(
      execFileSync('/usr/sbin/sysctl', ['-n', 'hw.physicalcpu'], { encoding: 'utf8', timeout: 2000 }),
    );
    return Number.isInteger(count) && count > 0 ? count : null;
  } catch {
    return null;
  }
}
