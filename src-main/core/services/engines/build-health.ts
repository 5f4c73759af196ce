import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../contract/errors.ts';
import { type EngineInspection, inspectEngine } from '../../adapters/engine-builds/backend-checks.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BuildRecord } from '../../store/engine-builds.ts';

/** Whether an installed build works now, and what it can do. */
export type BuildHealth =
  | { readonly status: 'ready'; readonly inspection: EngineInspection }
  | { readonly status: 'broken'; readonly problem: string };

interface Remembered {
  /** Changes with any file of the build, which is then looked at again at once. */
  readonly stamp: string;
  readonly until: number;
  readonly health: Promise<BuildHealth>;
}

const REMEMBERED_MS = 30_000;
const PROBE_MS = 90_000;

/** The llama-server of a build. */
export function executableOf(build: Pick<BuildRecord, 'source' | 'path'>): string {
  return build.source === 'path' ? build.path : join(build.path, executableName());
}

export function executableName(platform: string = process.platform): string {
  return platform === 'win32' ? 'llama-server.exe' : 'llama-server';
}

/** SHA-256 of a file, as hex. */
export async function fileDigest(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return hash.digest('hex');
}

/** Tries builds and remembers the outcome for half a minute, since a screen and a start ask at the same time. */
export class BuildHealthCheck {
  readonly #remembered = new Map<string, Remembered>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async check(build: BuildRecord): Promise<BuildHealth> {
    const executable = executableOf(build);
    const files = await buildFiles(build);
    if (files === null) {
      this.forget(build.id);
      return { status: 'broken', problem: `${executable} is gone. Install this build again, or remove it.` };
    }
    const { stamp } = files;
    const known = this.#remembered.get(build.id);
    if (known && known.stamp === stamp && known.until > this.#clock.now()) return known.health;
    // Bounded by itself: the outcome is shared by all who ask.
    const health = examine(build, files, AbortSignal.timeout(PROBE_MS));
    this.#remembered.set(build.id, { stamp, until: this.#clock.now() + REMEMBERED_MS, health });
    health.catch(() => this.forget(build.id));
    return health;
  }

  forget(id: string): void {
    this.#remembered.delete(id);
  }
}

interface BuildFiles {
  /** Sizes, times and identities of all of them. */
  readonly stamp: string;
  readonly sizeBytes: number;
}

/** The files of a build; of one of the owner's own only the executable. Null where there is no executable. */
async function buildFiles(build: BuildRecord): Promise<BuildFiles | null> {
  const executable = executableOf(build);
  try {
    if (!(await stat(executable)).isFile()) return null;
    return await filesFacts(build.source === 'path' ? [executable] : await filesOf(build.path));
  } catch {
    return null;
  }
}

/** What all regular files below a folder take, in bytes. */
export async function folderBytes(folder: string): Promise<number> {
  return (await filesFacts(await filesOf(folder))).sizeBytes;
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

async function filesFacts(files: readonly string[]): Promise<BuildFiles> {
  const all = await Promise.all(files.toSorted().map(async (file) => ({ file, facts: await stat(file) })));
  return {
    stamp: all.map(({ file, facts }) => `${file}:${facts.ino}:${facts.size}:${facts.mtimeMs}`).join('\n'),
    sizeBytes: all.reduce((sum, { facts }) => sum + facts.size, 0),
  };
}

async function examine(build: BuildRecord, files: BuildFiles, signal: AbortSignal): Promise<BuildHealth> {
  const executable = executableOf(build);
  const digest = await fileDigest(executable, signal);
  if (digest !== build.digest) {
    const cure =
      build.source === 'path' ? 'Remove it and add it again if that is intended.' : 'Install this build again.';
    return { status: 'broken', problem: `${executable} has changed since it was installed. ${cure}` };
  }
  // A library that is cut short may load and fail only later. What was added, such as a GPU's runtime, does no harm.
  if (build.source !== 'path' && files.sizeBytes < build.sizeBytes) {
    const lost = build.sizeBytes - files.sizeBytes;
    return { status: 'broken', problem: `${lost} bytes of ${build.path} were lost. Install this build again.` };
  }
  try {
    return { status: 'ready', inspection: await inspectEngine(executable, signal) };
  } catch (error) {
    if (error instanceof AppError) return { status: 'broken', problem: error.message };
    throw error;
  }
}
