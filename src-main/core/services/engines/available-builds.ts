import type { AvailableBuild, Backend } from '../../../contract/engines.ts';
import { AppError } from '../../../contract/errors.ts';
import { type CarriedPackages, findCarriedPackages } from '../../adapters/engine-builds/carried-packages.ts';
import { requireTools } from '../../adapters/engine-builds/carried.ts';
import { commandEnvironment } from '../../adapters/processes/command.ts';
import { findGpus } from '../../adapters/engine-builds/gpu-presence.ts';
import type { ReleaseArchives } from '../../adapters/engine-builds/release-archives.ts';
import {
  knownLibraryFolders,
  missingLibraries,
  withLibraryFolders,
} from '../../adapters/engine-builds/shared-libraries.ts';
import { carriedId, type Installation, findReadyMade, releaseId } from './installers.ts';

/** The carried engine as a row of what can be installed, with the reason where it cannot. */
export async function availableCarried(
  place: Installation,
  installed: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<AvailableBuild[]> {
  const row = { source: 'carried', asset: null, size_bytes: null, digest: null } as const;
  try {
    const readyMade = await findReadyMade(place, signal);
    const packages = readyMade === null ? findCarriedPackages() : null;
    if (packages !== null) await requireTools(signal);
    const version = readyMade?.version ?? packages?.version ?? 'unknown';
    const backend = packages === null ? 'cpu' : await likelyBackend(packages, signal);
    return [{ ...row, version, backend, installed: installed.has(carriedId(version)), problem: null }];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ ...row, version: 'carried', backend: 'cpu', installed: false, problem: error.message }];
  }
}

/** The backend the carried engine would use here: the first GPU library whose own needs the loader can meet. */
async function likelyBackend(packages: CarriedPackages, signal: AbortSignal): Promise<Backend> {
  const gpus = await findGpus();
  const env = withLibraryFolders(commandEnvironment(), knownLibraryFolders());
  for (const { backend, file } of packages.gpu) {
    const present = backend === 'cuda' ? gpus.nvidia : gpus.nvidia || gpus.amd || gpus.intel;
    // Any dynamically linked program shows the loader's view; this one is certainly there.
    if (present && (await missingLibraries(file, process.execPath, env, signal)).length === 0) return backend;
  }
  return 'cpu';
}

/** The archives of the newest releases for this platform. */
export async function availableReleases(
  releases: ReleaseArchives,
  installed: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<AvailableBuild[]> {
  return (await releases.list(signal)).map((archive) => ({
    source: 'release',
    version: archive.version,
    backend: archive.backend,
    asset: archive.asset,
    size_bytes: archive.sizeBytes,
    digest: archive.digest,
    installed: installed.has(releaseId(archive.asset)),
    problem:
      archive.digest === null ? 'The release names no checksum for this archive, so it cannot be trusted.' : null,
  }));
}
