import { realpath, stat, statfs } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { createHash } from 'node:crypto';
import type { InstallBuild } from '../../../contract/engines.ts';
import { AppError } from '../../../contract/errors.ts';
import { findCarriedPackages } from '../../adapters/engine-builds/carried-packages.ts';
import { assembleCarriedBuild } from '../../adapters/engine-builds/carried.ts';
import { proveEngine } from '../../adapters/engine-builds/engine-proof.ts';
import type { ReleaseArchives } from '../../adapters/engine-builds/release-archives.ts';
import type { BuildRecord } from '../../store/engine-builds.ts';
import type { JobProgress } from '../jobs/jobs.ts';
import { type BuildHealthCheck, executableName, fileDigest, folderBytes } from './build-health.ts';

/** A build that is in place, ready to be written down. */
export type InstalledBuild = Omit<BuildRecord, 'isDefault' | 'installedAt'>;

export interface Installation {
  readonly enginesDir: string;
  readonly sourcesDir: string;
  readonly readyMadeDir: string | null;
  readonly releases: ReleaseArchives;
  readonly known: (id: string) => BuildRecord | null;
  readonly health: BuildHealthCheck;
}

/** The tree, the objects and the libraries of the carried build together, measured with the GPU libraries. */
const CARRIED_NEEDS_BYTES = 900 * 1024 * 1024;

export function installTitle(input: InstallBuild): string {
  switch (input.source) {
    case 'carried':
      return 'llama.cpp (carried)';
    case 'release':
      return `llama.cpp ${input.version} (${input.asset})`;
    case 'path':
      return `llama.cpp at ${input.path}`;
    default:
      return input satisfies never;
  }
}

/** Puts a build in place; a sound one that is there already is taken as it is. */
export async function installBuild(
  input: InstallBuild,
  place: Installation,
  report: (progress: JobProgress) => void,
  signal: AbortSignal,
): Promise<InstalledBuild> {
  switch (input.source) {
    case 'carried':
      return installCarried(place, report, signal);
    case 'release':
      return installRelease(input, place, report, signal);
    case 'path':
      return addOwn(input.path, report, signal);
    default:
      return input satisfies never;
  }
}

export function carriedId(version: string): string {
  return `carried-${version}`;
}

export function releaseId(asset: string): string {
  return `release-${asset.replace(/\.(zip|tar\.gz)$/, '')}`;
}

/** The build that a package of the program ships ready, or null where there is none. */
export async function findReadyMade(place: Installation, signal: AbortSignal): Promise<InstalledBuild | null> {
  const folder = place.readyMadeDir;
  if (folder === null || !(await exists(join(folder, executableName())))) return null;
  const { version } = await proveEngine(join(folder, executableName()), signal);
  const release = `v${version.replace(/-dev$/, '')}`;
  return describeFolder(carriedId(release), release, 'carried', folder, signal);
}

async function installCarried(
  place: Installation,
  report: (progress: JobProgress) => void,
  signal: AbortSignal,
): Promise<InstalledBuild> {
  const readyMade = await findReadyMade(place, signal);
  if (readyMade !== null) return readyMade;
  const packageDirs = findCarriedPackages();
  const id = carriedId(packageDirs.version);
  const sound = await soundBuild(id, place);
  if (sound !== null) return sound;
  await requireSpace(place.enginesDir, CARRIED_NEEDS_BYTES);
  const targetDir = join(place.enginesDir, id);
  await assembleCarriedBuild({
    packageDirs,
    sourcesDir: place.sourcesDir,
    targetDir,
    report: (step, fraction) => report({ step, fraction }),
    signal,
  });
  return describeFolder(id, packageDirs.version, 'carried', targetDir, signal);
}

async function installRelease(
  input: Extract<InstallBuild, { source: 'release' }>,
  place: Installation,
  report: (progress: JobProgress) => void,
  signal: AbortSignal,
): Promise<InstalledBuild> {
  const id = releaseId(input.asset);
  const sound = await soundBuild(id, place);
  if (sound !== null) return sound;
  const targetDir = join(place.enginesDir, id);
  await place.releases.install(input, targetDir, report, signal);
  return describeFolder(id, input.version, 'release', targetDir, signal);
}

async function addOwn(
  path: string,
  report: (progress: JobProgress) => void,
  signal: AbortSignal,
): Promise<InstalledBuild> {
  report({ step: 'Trying the engine', fraction: 0.2 });
  if (!isAbsolute(path)) throw new AppError('path_not_absolute', { path });
  const given = await realpath(path).catch(() => null);
  if (given === null) throw new AppError('path_not_found', { path });
  const executable = (await stat(given)).isDirectory() ? join(given, executableName()) : given;
  if (!(await exists(executable))) {
    throw new AppError('engine_build_invalid', { reason: `There is no ${executableName()} in ${given}.` });
  }
  const { version } = await proveEngine(executable, signal);
  const digest = await fileDigest(executable, signal);
  const id = `path-${createHash('sha256').update(executable).digest('hex').slice(0, 12)}`;
  return { id, version, source: 'path', path: executable, digest, sizeBytes: (await stat(executable)).size };
}

async function soundBuild(id: string, place: Installation): Promise<InstalledBuild | null> {
  const known = place.known(id);
  if (known === null) return null;
  place.health.forget(id);
  return (await place.health.check(known)).status === 'ready' ? known : null;
}

async function describeFolder(
  id: string,
  version: string,
  source: 'carried' | 'release',
  folder: string,
  signal: AbortSignal,
): Promise<InstalledBuild> {
  const digest = await fileDigest(join(folder, executableName()), signal);
  return { id, version, source, path: folder, digest, sizeBytes: await folderBytes(folder) };
}

async function requireSpace(folder: string, neededBytes: number): Promise<void> {
  let place = folder;
  while (!(await exists(place)) && place !== join(place, '..')) place = join(place, '..');
  const { bavail, bsize } = await statfs(place);
  const freeBytes = bavail * bsize;
  if (freeBytes < neededBytes) throw new AppError('not_enough_space', { path: folder, neededBytes, freeBytes });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
