import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { AvailableBuild, BuildSource, EngineBuild, InstallBuild } from '../../../contract/engines.ts';
import { AppError } from '../../../contract/errors.ts';
import type { Job } from '../../../contract/jobs.ts';
import { bestBackend, gpuNotices } from '../../adapters/engine-builds/backend-verdict.ts';
import { engineEnvironment } from '../../adapters/engine-builds/engine-proof.ts';
import { endOrphanedCommands } from '../../adapters/processes/orphans.ts';
import type { ReleaseArchives } from '../../adapters/engine-builds/release-archives.ts';
import type { Clock } from '../../ports/clock.ts';
import type { EngineBuildSource, ResolvedBuild } from '../../ports/engine-builds.ts';
import type { BuildRecord, EngineBuildTable } from '../../store/engine-builds.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { availableCarried, availableReleases } from './available-builds.ts';
import { BuildHealthCheck, executableOf, fileDigest, folderBytes } from './build-health.ts';
import { type Installation, installBuild, installTitle, findReadyMade } from './installers.ts';

export interface EngineBuildsOptions {
  readonly table: EngineBuildTable;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly log: Logger;
  /** Where builds are installed; a folder of our own alone. */
  readonly enginesDir: string;
  /** Where the two small sources of our own lie that the carried build compiles: `resources/engine`. */
  readonly sourcesDir: string;
  /** A finished carried build shipped inside a package of the program; null when it is assembled here. */
  readonly readyMadeDir: string | null;
  readonly releases: ReleaseArchives;
  /** Names of the models that run with this build or are pinned to it. */
  readonly usersOf: (buildId: string) => readonly string[];
}

/** A probe is bounded by its own time-outs; nobody waits on it long enough to want to cancel it. */
const PROBE_MS = 60_000;

/** The installed llama.cpp engines: list, install, remove, choose, and make one ready to launch. */
export class EngineBuilds implements EngineBuildSource {
  readonly #options: EngineBuildsOptions;
  readonly #health: BuildHealthCheck;
  /** Jobs that install now, by what they install. */
  readonly #installing = new Map<string, string>();

  constructor(options: EngineBuildsOptions) {
    this.#options = options;
    this.#health = new BuildHealthCheck(options.clock);
  }

  async list(): Promise<EngineBuild[]> {
    return Promise.all(this.#options.table.list().map((record) => this.#describe(record)));
  }

  /** What could be installed; without `source`, both. A release source that cannot be reached is refused only when asked for. */
  async available(source?: 'carried' | 'release', signal = AbortSignal.timeout(PROBE_MS)): Promise<AvailableBuild[]> {
    const installed = new Set(this.#options.table.list().map((build) => build.id));
    const carried = source === 'release' ? [] : await availableCarried(this.#installation(), installed, signal);
    if (source === 'carried') return carried;
    const releases = await availableReleases(this.#options.releases, installed, signal).catch((error: unknown) => {
      if (source === undefined && error instanceof AppError) return [];
      throw error;
    });
    return [...carried, ...releases];
  }

  /** Installs as a job whose result is the build's id. What is being installed already is joined, not begun twice. */
  install(input: InstallBuild): Job {
    const key = JSON.stringify(input);
    const running = this.#installing.get(key);
    if (running !== undefined) return this.#options.jobs.get(running);
    const job = this.#options.jobs.start('engine_build_install', installTitle(input), async (report, signal) => {
      try {
        const build = await installBuild(input, this.#installation(), report, signal);
        this.#options.table.save({ ...build, installedAt: this.#options.clock.now() });
        this.#health.forget(build.id);
        return build.id;
      } finally {
        this.#installing.delete(key);
      }
    });
    this.#installing.set(key, job.id);
    return job;
  }

  /** @throws AppError `not_found`, `engine_build_in_use`. Files of the owner's own are left alone. */
  async remove(id: string): Promise<void> {
    const build = this.#require(id);
    const models = this.#options.usersOf(id);
    if (models.length > 0) throw new AppError('engine_build_in_use', { id, models });
    this.#options.table.remove(id);
    this.#health.forget(id);
    if (build.source === 'path' || dirname(build.path) !== this.#options.enginesDir) return;
    // Renamed first, so that a crash in the middle leaves no half of a build under its name.
    const doomed = join(this.#options.enginesDir, `.removed-${id}`);
    await rm(doomed, { recursive: true, force: true });
    await rename(build.path, doomed).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(doomed, { recursive: true, force: true });
  }

  /** @throws AppError `not_found`. */
  async setDefault(id: string): Promise<void> {
    this.#options.table.setDefault(this.#require(id).id);
  }

  /** At start: takes up the engine a package ships, and clears away what a killed program left half done. Installs nothing. */
  async ensureDefault(): Promise<void> {
    await this.#takeUpReadyMade();
    await this.#clearLeftovers();
  }

  async resolve(id: string | null): Promise<ResolvedBuild> {
    const build = id === null ? this.#options.table.list().find((entry) => entry.isDefault) : this.#require(id);
    if (!build) throw new AppError('no_engine_build', {});
    const health = await this.#health.check(build);
    if (health.status === 'broken') throw new AppError('engine_build_invalid', { reason: health.problem });
    const { checks, gpus, libraryFolders } = health.inspection;
    const executable = executableOf(build);
    const searched = engineEnvironment(executable, libraryFolders)['LD_LIBRARY_PATH'];
    return {
      id: build.id,
      version: build.version,
      executable,
      env: searched === undefined || process.platform !== 'linux' ? {} : { LD_LIBRARY_PATH: searched },
      backend: bestBackend(checks),
      notices: gpuNotices(checks, gpus),
    };
  }

  async recheck(id: string, signal: AbortSignal): Promise<string | null> {
    const build = this.#options.table.get(id);
    if (!build) return null;
    signal.throwIfAborted();
    this.#health.forget(id);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      const health = await Promise.race([this.#health.check(build), left]);
      return health.status === 'broken' ? health.problem : null;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #installation(): Installation {
    const { enginesDir, sourcesDir, readyMadeDir, releases, table } = this.#options;
    return { enginesDir, sourcesDir, readyMadeDir, releases, known: (id) => table.get(id), health: this.#health };
  }

  #require(id: string): BuildRecord {
    const build = this.#options.table.get(id);
    if (!build) throw new AppError('not_found', { what: `The engine build ${id}` });
    return build;
  }

  async #describe(build: BuildRecord): Promise<EngineBuild> {
    const health = await this.#health.check(build);
    const checks = health.status === 'ready' ? health.inspection.checks : [];
    return {
      id: build.id,
      engine_type: 'llamacpp',
      version: build.version,
      source: build.source satisfies BuildSource,
      backend: bestBackend(checks),
      backends: [...checks],
      digest: build.digest,
      size_bytes: build.sizeBytes,
      path: build.path,
      is_default: build.isDefault,
      status: health.status,
      problem: health.status === 'broken' ? health.problem : null,
      installed_at: build.installedAt / 1000,
    };
  }

  async #takeUpReadyMade(): Promise<void> {
    const { table, clock, log, readyMadeDir } = this.#options;
    if (readyMadeDir === null) return;
    const here = table.list().find((build) => build.path === readyMadeDir);
    const signal = AbortSignal.timeout(PROBE_MS);
    // The usual start: it is known and unchanged, and trying it would only cost time.
    if (here && (await isUnchanged(here, signal))) return;
    try {
      const readyMade = await findReadyMade(this.#installation(), signal);
      if (readyMade === null) return;
      // An update or a move of the program brings the same build to another place; one that was removed stays removed.
      const known = table.get(readyMade.id);
      if (known !== null || table.list().length === 0) {
        table.save({ ...readyMade, installedAt: known?.installedAt ?? clock.now() });
        this.#health.forget(readyMade.id);
      }
    } catch (error) {
      log.warn({ err: error }, 'the engine shipped with the program does not run');
    }
  }

  async #clearLeftovers(): Promise<void> {
    const { enginesDir, table, log } = this.#options;
    // First: a compiler that still runs would write into what is being removed.
    const ended = await endOrphanedCommands(AbortSignal.timeout(PROBE_MS));
    if (ended.length > 0) log.warn({ pids: ended }, 'ended commands of a program that was killed');
    const kept = new Set(table.list().map((build) => build.path));
    for (const name of await readdir(enginesDir).catch(() => [])) {
      const folder = join(enginesDir, name);
      const ours = /^\.?(?:carried|release|removed)-/.test(name);
      if (!ours || kept.has(folder)) continue;
      log.info({ folder }, 'removing what an interrupted install left');
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function isUnchanged(build: BuildRecord, signal: AbortSignal): Promise<boolean> {
  try {
    const isWhole = (await folderBytes(build.path)) === build.sizeBytes;
    return isWhole && (await fileDigest(executableOf(build), signal)) === build.digest;
  } catch {
    return false;
  }
}
