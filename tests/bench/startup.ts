import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface StartupResult {
  readonly readyMs: number;
  /** Resident memory after some idle seconds; null where /proc does not tell. */
  readonly idleMib: number | null;
}

const IDLE_MS = 3_000;

/** Starts the bundled headless program on an empty data directory, waits for its ready line, lets it idle, stops it. */
export async function measureStartup(program: string): Promise<StartupResult> {
  const directory = mkdtempSync(join(tmpdir(), 'cortex-bench-'));
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, '--data-dir', directory, '--port', '0', '--no-open'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  try {
    let readyMs: number | null = null;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith('Cortex is ready')) {
        readyMs = performance.now() - startedAt;
        break;
      }
    }
    if (readyMs === null) throw new Error('the program ended before it was ready');
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    return { readyMs, idleMib: residentMib(child.pid) };
  } finally {
    child.kill('SIGTERM');
    await exited;
    rmSync(directory, { recursive: true, force: true });
  }
}

function residentMib(pid: number | undefined): number | null {
  try {
    const kib = /VmRSS:\s+(?<kib>\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.groups?.['kib'];
    return kib === undefined ? null : Number(kib) / 1024;
  } catch {
    return null;
  }
}
