import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
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
  /** Size, times and identity of the executable: a changed file is looked at again at once. */
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
    const stamp = await fileStamp(executable);
    if (stamp === null) {
      this.forget(build.id);
      return { status: 'broken', problem: `${executable} is gone. Install this build again, or remove it.` };
    }
    const known = this.#remembered.get(build.id);
    if (known && known.stamp === stamp && known.until > this.#clock.now()) return known.health;
    // Bounded by itself: the outcome is shared by all who ask.
    const health = examine(build, executable, AbortSignal.timeout(PROBE_MS));
    this.#remembered.set(build.id, { stamp, until: this.#clock.now() + REMEMBERED_MS, health });
    health.catch(() => this.forget(build.id));
    return health;
  }

  forget(id: string): void {
    this.#remembered.delete(id);
  }
}

async function fileStamp(file: string): Promise<string | null> {
  try {
    const facts = await stat(file);
    return facts.isFile() ? `${facts.ino}:${facts.size}:${facts.mtimeMs}` : null;
  } catch {
    return null;
  }
}

async function examine(build: BuildRecord, executable: string, signal: AbortSignal): Promise<BuildHealth> {
  const digest = await fileDigest(executable, signal);
  if (digest !== build.digest) {
    const cure =
      build.source === 'path' ? 'Remove it and add it again if that is intended.' : 'Install this build again.';
    return { status: 'broken', problem: `${executable} has changed since it was installed. ${cure}` };
  }
  try {
    return { status: 'ready', inspection: await inspectEngine(executable, signal) };
  } catch (error) {
    if (error instanceof AppError) return { status: 'broken', problem: error.message };
    throw error;
  }
}
