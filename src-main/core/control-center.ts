import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { AppError } from '../contract/errors.ts';
import { OFFICIAL_RELEASES, ReleaseArchives } from './adapters/engine-builds/release-archives.ts';
import { DockerContainers } from './adapters/docker/docker-containers.ts';
import { DockerEngine } from './adapters/docker/docker-engine.ts';
import { DockerImages } from './adapters/docker/docker-images.ts';
import { NvidiaSmi } from './adapters/gpus/nvidia-smi.ts';
import { FileInspector } from './adapters/inspector/file-inspector.ts';
import { EngineHelp } from './adapters/processes/engine-help.ts';
import { ChildEngineProcesses } from './adapters/processes/engine-process.ts';
import { readMachine } from './adapters/processes/machine.ts';
import { VllmCommand } from './adapters/processes/vllm-command.ts';
import { WorkerUsageWriter } from './adapters/usage-writer/worker-usage-writer.ts';
import { systemClock } from './ports/clock.ts';
import { Keys } from './services/access/keys.ts';
import { Owner } from './services/access/owner.ts';
import { Sealer } from './services/access/sealed.ts';
import { randomToken, readOrCreateSecret } from './services/access/secrets.ts';
import { EngineBuilds } from './services/engines/engine-builds.ts';
import { EngineImages } from './services/images/engine-images.ts';
import { Exchange } from './services/exchange/exchange.ts';
import { Jobs } from './services/jobs/jobs.ts';
import { Library } from './services/library/library.ts';
import { Models } from './services/models/models.ts';
import { Recipes } from './services/recipes/recipes.ts';
import { ProgramSettings } from './services/settings/settings.ts';
import type { LaunchSources } from './services/supervisor/launch-plan.ts';
import { Supervisor } from './services/supervisor/supervisor.ts';
import { System } from './services/system/system.ts';
import { Upstreams } from './services/upstreams/upstreams.ts';
import { Usage } from './services/usage/usage.ts';
import { ApiKeyTable } from './store/api-keys.ts';
import { EngineBuildTable } from './store/engine-builds.ts';
import { EngineFlagTable } from './store/engine-flags.ts';
import { JobTable } from './store/jobs.ts';
import { LaunchTable } from './store/launches.ts';
import { LibraryFolderTable } from './store/library-folders.ts';
import { LoadHistoryTable } from './store/load-history.ts';
import { ModelTable } from './store/models.ts';
import { damageOr, openStore } from './store/open.ts';
import { RecipeTable } from './store/recipes.ts';
import { RegistryTable } from './store/registry.ts';
import { SessionTable } from './store/sessions.ts';
import { SettingTable } from './store/settings.ts';
import { UsageTable } from './store/usage.ts';

/** The programs of the worker threads; in a bundle they have other paths than in the sources. */
export interface WorkerUrls {
  /** Reads model headers. */
  readonly inspect: URL;
  /** Writes usage rows. */
  readonly usage: URL;
}

export interface ControlCenterOptions {
  readonly dataDir: string;
  /** The models base directory until the owner sets another; one named on the command line wins over the one that is kept. */
  readonly modelsDir: string;
  readonly modelsDirGiven: boolean;
  /** Self-test model, ready-made engine, sources of the carried one. */
  readonly resourcesDir: string;
  readonly workers: WorkerUrls;
  /** The owner's own llama-server, named on the command line. */
  readonly ownEngine: string | null;
  /** Base address of the release API in place of the official one: a mirror. */
  readonly releasesUrl: string | null;
  readonly log: Logger;
}

const DATABASE = 'cortex.db';
const RECOVERY_MS = 15_000;

/** The core, put together from top to bottom. Disposing it undoes that from bottom to top: engines end before the store closes. */
export class ControlCenter implements AsyncDisposable {
  readonly jobs: Jobs;
  readonly keys: Keys;
  readonly owner: Owner;
  readonly usage: Usage;
  readonly settings: ProgramSettings;
  readonly library: Library;
  readonly engines: EngineBuilds;
  readonly containers: DockerContainers;
  readonly images: EngineImages;
  readonly supervisor: Supervisor;
  readonly upstreams: Upstreams;
  readonly recipes: Recipes;
  readonly exchange: Exchange;
  readonly models: Models;
  readonly system: System;
  /** The folder of the self-test model; null where it was not shipped. */
  readonly selfTestModel: string | null;
  #stack: AsyncDisposableStack;
  #leavesContainers = false;

  private constructor(options: ControlCenterOptions, selfTestModel: string | null, stack: AsyncDisposableStack) {
    const { dataDir, resourcesDir, log } = options;
    const clock = systemClock;
    const databasePath = join(dataDir, DATABASE);
    const db = openStore(databasePath);
    stack.defer(() => void db.close());
    const settingTable = new SettingTable(db);
    const modelTable = new ModelTable(db);

    const secret = Buffer.from(readOrCreateSecret(join(dataDir, 'secret'), randomToken));
    const sealer = new Sealer(secret);
    const adminToken = readOrCreateSecret(join(dataDir, 'admin-token'), randomToken);
    this.settings = new ProgramSettings(settingTable);
    this.owner = new Owner(new SessionTable(db), secret, adminToken, clock);
    this.keys = stack.use(new Keys(new ApiKeyTable(db), secret, clock));
    this.usage = stack.use(
      new Usage(new UsageTable(db), new WorkerUsageWriter(databasePath, options.workers.usage), clock, log),
    );
    const docker = stack.use(new DockerEngine({ clock }));
    this.containers = stack.use(new DockerContainers(docker));
    this.jobs = stack.use(new Jobs(new JobTable(db), clock, log));
    this.images = new EngineImages({
      images: new DockerImages(docker),
      jobs: this.jobs,
      flags: new EngineFlagTable(db),
      models: () => modelTable.all().filter(({ runtime }) => runtime === 'container'),
      clock,
      log,
    });

    const inspector = stack.use(new FileInspector({ workerUrl: options.workers.inspect }));
    this.selfTestModel = selfTestModel;
    this.library = new Library({
      folders: new LibraryFolderTable(db),
      settings: settingTable,
      clock,
      inspector,
      initialBaseDir: options.modelsDir,
      dataDir,
      builtInFolders: selfTestModel === null ? [] : [selfTestModel],
      modelsIn: (folder) => this.#modelsIn(folder),
    });
    const readyMade = join(resourcesDir, 'engine-ready');
    this.engines = new EngineBuilds({
      table: new EngineBuildTable(db),
      jobs: this.jobs,
      clock,
      log,
      enginesDir: join(dataDir, 'engines'),
      sourcesDir: join(resourcesDir, 'engine'),
      readyMadeDir: existsSync(readyMade) ? readyMade : null,
      releases: new ReleaseArchives({
        baseUrl: options.releasesUrl ?? OFFICIAL_RELEASES,
        downloadsDir: join(dataDir, 'downloads'),
      }),
      usersOf: (buildId) => this.models.usersOfBuild(buildId),
    });
    const help = new EngineHelp();
    const vllm = new VllmCommand();
    const sources: LaunchSources = {
      builds: this.engines,
      vllmCommand: (signal) => vllm.find(signal),
      images: this.images,
      containers: this.containers,
      gpus: new NvidiaSmi(),
      files: this.library,
      companions: this.library,
      headers: inspector,
      machine: readMachine(),
      helpOf: (build, how, signal) => help.helpOf(build, how, signal),
      hubTokenOf: ({ sealedHubToken }) => (sealedHubToken === null ? null : sealer.open(sealedHubToken)),
      cacheDir: join(dataDir, 'engine-cache'),
      ownerId: ownerIdOf(settingTable),
    };
    this.supervisor = stack.use(
      new Supervisor({
        ...sources,
        models: modelTable,
        launches: new LaunchTable(db),
        history: new LoadHistoryTable(db),
        processes: new ChildEngineProcesses(),
        clock,
        log,
        logDir: join(dataDir, 'logs', 'models'),
        leaveContainers: () => this.#leavesContainers || this.settings.read().on_quit === 'leave',
      }),
    );
    this.upstreams = stack.use(
      new Upstreams({
        table: new RegistryTable(db),
        sealer,
        routes: this.supervisor.routes,
        clock,
        log,
      }),
    );
    this.models = stack.use(
      new Models({
        table: modelTable,
        supervisor: this.supervisor,
        sources,
        clock,
        seal: (text) => sealer.seal(text),
      }),
    );
    this.exchange = new Exchange({ models: modelTable, sources });
    this.recipes = new Recipes({ table: new RecipeTable(db), models: modelTable, clock });
    this.system = new System({
      clock,
      dataDir,
      modelsDir: () => this.library.baseDir(),
      engines: this.engines,
      docker: this.containers,
    });
    this.#stack = stack;
  }

  /** Opens the store, ends what a killed program left running, takes up the shipped engine. Throws NewerDatabaseError. */
  static async open(options: ControlCenterOptions): Promise<ControlCenter> {
    await using stack = new AsyncDisposableStack();
    mkdirSync(join(options.dataDir, 'logs', 'models'), { recursive: true, mode: 0o700 });
    if (!options.modelsDirGiven) mkdirSync(options.modelsDir, { recursive: true });
    const center = await ControlCenter.#start(options, stack).catch((error: unknown) => {
      throw damageOr(join(options.dataDir, DATABASE), error);
    });
    center.#stack = stack.move();
    return center;
  }

  /** The engine named on the command line becomes the default. Throws AppError with the reason it cannot. */
  async #takeOwnEngine(path: string): Promise<void> {
    const job = await this.jobs.finished(this.engines.install({ source: 'path', path }).id);
    if (job.result === null)
      throw new AppError('engine_build_invalid', { reason: `--llama-server ${path}: ${job.error ?? job.status}` });
    await this.engines.setDefault(job.result);
  }

  static async #start(options: ControlCenterOptions, stack: AsyncDisposableStack): Promise<ControlCenter> {
    const selfTest = join(options.resourcesDir, 'self-test-model');
    const center = new ControlCenter(options, existsSync(selfTest) ? await realpath(selfTest) : null, stack);
    await center.supervisor.recover(AbortSignal.timeout(RECOVERY_MS));
    if (options.modelsDirGiven) await center.library.setBaseDir(options.modelsDir);
    await center.engines.ensureDefault();
    center.upstreams.start();
    if (options.ownEngine !== null) await center.#takeOwnEngine(options.ownEngine);
    center.supervisor.startAutomatic();
    return center;
  }

  /** This end of the program leaves containers running, whatever the settings say. */
  leaveContainers(): void {
    this.#leavesContainers = true;
  }

  #modelsIn(folder: string): string[] {
    const base = this.library.baseDir();
    const lies = (path: string | null) => path !== null && `${resolve(base, path)}${sep}`.startsWith(`${folder}${sep}`);
    return this.models
      .list()
      .filter((model) => lies(model.local_path))
      .map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Tells this data directory's containers from those of another one on the same machine. */
function ownerIdOf(settings: SettingTable): string {
  const known = settings.read('owner_id', z.string().min(1));
  if (known !== null) return known;
  const id = randomUUID();
  settings.write('owner_id', id);
  return id;
}
