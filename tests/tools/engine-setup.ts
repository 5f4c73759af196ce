/**
 * Makes the carried engine once for all tests that need the real llama-server, in `.cache/engine-<digest of its
 * inputs>`, and tells them where it is: `inject('engineDir')` is the folder that holds `llama-server`.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';
import { findCarriedPackages } from '../../src-main/core/adapters/engine-builds/carried-packages.ts';
import { assembleCarriedBuild } from '../../src-main/core/adapters/engine-builds/carried.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    engineDir: string;
  }
}

const ROOT = resolve(import.meta.dirname, '../..');
const INPUTS = [
  'src-main/core/adapters/engine-builds/carried-recipe.ts',
  'resources/engine/ui.h',
  'resources/engine/ui.cpp',
];

export async function setup(project: TestProject): Promise<void> {
  project.provide('engineDir', await ensureEngine());
}

/** The folder of the carried engine, made now where it is not there yet. */
export async function ensureEngine(): Promise<string> {
  const packages = findCarriedPackages();
  const digest = createHash('sha256').update(packages.fingerprint);
  for (const input of INPUTS) digest.update(readFileSync(join(ROOT, input)));
  const folder = join(ROOT, '.cache', `engine-${digest.digest('hex').slice(0, 16)}`);
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  await using _lock = await lock(`${folder}.lock`);
  if (existsSync(join(folder, 'llama-server'))) return folder;
  let said = -1;
  await assembleCarriedBuild({
    packageDirs: packages,
    sourcesDir: join(ROOT, 'resources/engine'),
    targetDir: folder,
    report: (step, fraction) => {
      const tenth = Math.floor(fraction * 10);
      if (tenth > said) console.log(`engine: ${step} (${Math.round(fraction * 100)} %)`);
      said = Math.max(said, tenth);
    },
    signal: AbortSignal.timeout(20 * 60_000),
  });
  return folder;
}

/** One builder at a time; a lock whose process is gone is taken over. */
async function lock(file: string): Promise<AsyncDisposable> {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return { [Symbol.asyncDispose]: async () => rmSync(file, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    if (isStale(file)) rmSync(file, { force: true });
    else await sleep(300);
  }
}

function isStale(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // Between its creation and its first byte the file is empty.
    if (pid === 0) return Date.now() - statSync(file).mtimeMs > 5000;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
