import { AppError } from '../../../contract/errors.ts';
import type { ApplyAnswer, ConfigChange, Conversion, DryRun, ModelTest } from '../../../contract/dry-run.ts';
import type { EngineFlags, EngineSpec } from '../../../contract/engines.ts';
import { ModelCreate, type EngineType, type Model, type ModelEvent } from '../../../contract/models.ts';
import { describeFields } from '../../../domain/engine/field-table.ts';
import type { KnownFlags } from '../../../domain/engine/driver.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ResolvedBuild } from '../../ports/engine-builds.ts';
import { ServedNameTakenError, type ModelRecord, type ModelSettings, type ModelTable } from '../../store/models.ts';
import { Feed } from '../feed.ts';
import { flagsOfBuild, machineFacts, resolveBuild, versionOf, type LaunchSources } from '../supervisor/launch-plan.ts';
import { companionPaths } from '../supervisor/model-on-disk.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { changesBetween } from './configuration-changes.ts';
import { defaultRuntime } from './default-runtime.ts';
import { dryRun } from './dry-run.ts';
import { readCreate, readPatch, readValidCreate, type InputContext } from './model-input.ts';
import { testModel } from './model-test.ts';
import { viewModel } from './model-view.ts';

export interface ModelsOptions {
  readonly table: ModelTable;
  readonly supervisor: Supervisor;
  readonly sources: LaunchSources;
  readonly clock: Clock;
  /** Seals a secret for the database. */
  readonly seal: (text: string) => string;
}

/** No model's id: they count from 1. */
const EVERY_MODEL = 0;
/** How long a look at Docker and its images may take where a model is only written down. */
const LOOK_MS = 10_000;
const ENGINES: readonly EngineType[] = ['llamacpp', 'vllm'];

/** The stored models: created, changed, deleted and watched. Their files are never touched. */
export class Models implements Disposable {
  readonly #table: ModelTable;
  readonly #supervisor: Supervisor;
  readonly #sources: LaunchSources;
  readonly #clock: Clock;
  readonly #seal: (text: string) => string;
  /** Ids only: what a slow watcher has not read yet is read when it gets to it, and is then the newest. */
  readonly #feed = new Feed<number>((waiting, id) => [...waiting.filter((other) => other !== id), id]);
  readonly #subscription: Disposable;

  constructor(options: ModelsOptions) {
    this.#table = options.table;
    this.#supervisor = options.supervisor;
    this.#sources = options.sources;
    this.#clock = options.clock;
    this.#seal = options.seal;
    this.#subscription = options.supervisor.onChange((id) => this.#feed.publish(id));
  }

  list(): Model[] {
    return this.#table.all().map((record) => this.#view(record));
  }

  get(id: number): Model {
    return this.#view(this.#record(id));
  }

  #view(record: ModelRecord): Model {
    return viewModel(record, this.#supervisor.life(record.id));
  }

  #record(id: number): ModelRecord {
    const record = this.#table.get(id);
    if (!record) throw new AppError('not_found', { what: `Model ${id}` });
    return record;
  }

  /** Throws AppError `validation_failed`, `path_outside_library`, `served_name_in_use`, ... */
  async create(input: unknown): Promise<{ id: number; converted: Conversion[] }> {
    const { settings, notes } = readValidCreate(input, await this.#contextFor(input));
    await this.#checkSources(settings);
    const id = refusingTakenNames(settings, () => this.#table.insert(settings, this.#clock.now()));
    this.#supervisor.refresh(id);
    return { id, converted: [...notes] };
  }

  async #contextFor(input: unknown, signal = AbortSignal.timeout(LOOK_MS)): Promise<InputContext> {
    const named = ModelCreate.pick({ engine_type: true, runtime: true, engine_image: true }).safeParse(input);
    // What is wrong with it is said by whoever reads it whole.
    if (!named.success) return { seal: this.#seal, runtime: 'process' };
    const { engine_type: engine, runtime, engine_image: image } = named.data;
    // Whoever names an image wants it to run: configurations of Cortex knew nothing else.
    if (runtime === undefined && typeof image === 'string') return { seal: this.#seal, runtime: 'container' };
    return { seal: this.#seal, runtime: runtime ?? (await defaultRuntime(engine, this.#sources, signal)) };
  }

  get #patchContext(): InputContext {
    return { seal: this.#seal, runtime: 'process' };
  }

  /** Null clears a field. What the gateway applies counts from the next request; the rest at the next start. */
  async update(id: number, input: unknown): Promise<{ restart_required: boolean; converted: Conversion[] }> {
    const stored = this.#record(id);
    const planned = readPatch(stored, input, this.#patchContext, this.#view(stored));
    await this.#checkSources(planned.settings);
    // Others may have written meanwhile: the patch is laid over what is stored now.
    const before = this.#record(id);
    const { settings: after, notes } = readPatch(before, input, this.#patchContext);
    const { state, isActive } = this.#supervisor.life(id);
    if (after.archived && !before.archived && isActive) {
      throw new AppError('model_busy', { id, state, action: 'archiving it' });
    }
    refusingTakenNames(after, () => this.#table.update(id, after, this.#clock.now()));
    this.#supervisor.refresh(id);
    const restart = isActive && changesBetween(before, after).some((change) => change.needs_restart);
    return { restart_required: restart, converted: [...notes] };
  }

  /** What differs between the engine that runs and what is stored; nothing for a model without an engine. */
  changes(id: number): ConfigChange[] {
    const record = this.#record(id);
    const launched = this.#supervisor.life(id).launch?.model;
    return launched ? changesBetween(launched, record) : [];
  }

  /** Saves a patch, if there is one, and restarts a running model where something needs it. */
  async apply(id: number, patch: Readonly<Record<string, unknown>>): Promise<ApplyAnswer> {
    const before = this.#supervisor.life(id).launch?.model ?? this.#record(id);
    if (Object.keys(patch).length > 0) await this.update(id, patch);
    const changes = changesBetween(before, this.#record(id));
    const { isActive } = this.#supervisor.life(id);
    const restart = isActive && changes.some((change) => change.needs_restart);
    if (restart) await this.#supervisor.stop(id);
    const answer = restart ? await this.#supervisor.start(id) : null;
    const { state, launch, detail } = this.#supervisor.life(id);
    return {
      status: 'applied',
      changes,
      restarted: restart,
      state,
      port: launch?.port ?? null,
      container: launch?.container?.name ?? null,
      error: answer?.error ?? (state === 'failed' ? detail : null),
    };
  }

  /** An archived model is kept and shown no longer among those that can be started. Throws AppError `model_busy`. */
  async archive(id: number, archived: boolean): Promise<void> {
    await this.update(id, { archived });
  }

  /** One real chat or embedding. Throws AppError `model_not_ready`. */
  async test(id: number, signal: AbortSignal): Promise<ModelTest> {
    const record = this.#record(id);
    const { state, launch } = this.#supervisor.life(id);
    if (state !== 'running' || launch === null) throw new AppError('model_not_ready', { id, state, action: 'a test' });
    const { servedModelName: servedName, task } = launch.model;
    this.#supervisor.touch(record.id);
    return testModel({ ...launch.target, servedName, task }, this.#clock.now(), signal);
  }

  /** What a start of an unsaved model would do. */
  async dryRunDraft(input: unknown, signal: AbortSignal): Promise<DryRun> {
    const read = readCreate(input, await this.#contextFor(input, signal));
    return dryRun({ ...read, modelId: null }, this.#sources, signal);
  }

  /** What a start of a stored model would do, with a patch laid over it. */
  async dryRun(id: number, patch: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<DryRun> {
    const { settings, notes } = readPatch(this.#record(id), patch, this.#patchContext);
    return dryRun({ settings, notes, issues: [], modelId: id }, this.#sources, signal);
  }

  /** A model as it would be created anew: the configuration that recipes and exports carry, without names and secrets. */
  settingsOf(id: number): ModelSettings {
    return this.#record(id);
  }

  async #checkSources(settings: ModelSettings): Promise<void> {
    if (settings.localPath !== null) {
      if (settings.engineType === 'vllm') await this.#sources.files.resolveForVllm(settings.localPath);
      else await this.#sources.files.resolve(settings.localPath);
    }
    if (settings.engineBuildId !== null) await this.#sources.builds.resolve(settings.engineBuildId);
    await companionPaths(driverOf(settings.engineType), settings, this.#sources.companions);
  }

  /** Stops it first. */
  async remove(id: number): Promise<void> {
    this.#record(id);
    await this.#supervisor.retire(id);
    this.#table.delete(id);
    await this.#supervisor.forget(id);
  }

  /** Names of the models that name this build, or run with it. */
  usersOfBuild(buildId: string): string[] {
    return this.#table
      .all()
      .filter(
        (record) => record.engineBuildId === buildId || this.#supervisor.life(record.id).engine?.build_id === buildId,
      )
      .map((record) => record.name);
  }

  /** Every model once, then what changes. */
  async *watch(signal: AbortSignal): AsyncGenerator<ModelEvent, void, void> {
    for await (const id of this.#feed.watch(() => [EVERY_MODEL], signal)) {
      const record = id === EVERY_MODEL ? null : this.#table.get(id);
      if (id === EVERY_MODEL) yield { type: 'snapshot', models: this.list() };
      else yield record ? { type: 'changed', model: this.#view(record) } : { type: 'deleted', id };
    }
  }

  /** The field tables, with the defaults this machine and its default engine give. */
  async engineSpecs(engine?: EngineType): Promise<EngineSpec[]> {
    const machine = machineFacts(this.#sources.machine, (await this.#defaultBuild())?.backend ?? 'cpu');
    return ENGINES.filter((name) => engine === undefined || name === engine).map((name) => ({
      engine_type: name,
      fields: describeFields(driverOf(name).table, machine),
    }));
  }

  /** What an image that is here, or the plain program, says of itself. Throws AppError where it is missing or says nothing. */
  async engineFlags(engine: EngineType, image: string | null, signal: AbortSignal): Promise<EngineFlags> {
    const driver = driverOf(engine);
    const known = await this.#knownFlags(engine, image, signal);
    if (known === null) throw new AppError('not_found', { what: `The flags of ${image ?? driver.programName}` });
    const flags = driver.describeFlags(known).map(({ choices, ...flag }) => ({
      ...flag,
      choices: choices === null ? null : [...choices],
    }));
    return { engine_type: engine, image, version: known.version, flags };
  }

  async #knownFlags(engine: EngineType, image: string | null, signal: AbortSignal): Promise<KnownFlags | null> {
    const driver = driverOf(engine);
    if (image === null) {
      const build = await resolveBuild({ engineType: engine, engineBuildId: null }, this.#sources, signal);
      return flagsOfBuild(build, driver, this.#sources, signal);
    }
    const found = await this.#sources.images.find(image, signal);
    if (found === null)
      throw new AppError('image_not_found', { reference: image, reason: 'it is not on this machine' });
    const known = await this.#sources.images.flagsOf(found, driver, signal);
    return known === null ? null : { ...known, version: versionOf(found, image, known) };
  }

  async #defaultBuild(): Promise<ResolvedBuild | null> {
    try {
      return await this.#sources.builds.resolve(null);
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }
}

function refusingTakenNames<T>(settings: ModelSettings, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof ServedNameTakenError)) throw error;
    throw new AppError('served_name_in_use', { servedName: settings.servedModelName }, { cause: error });
  }
}
