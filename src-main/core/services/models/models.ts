import { AppError } from '../../../contract/errors.ts';
import type { CommandPreview, EngineSpec } from '../../../contract/engines.ts';
import type { EngineType, Model, ModelEvent } from '../../../contract/models.ts';
import { describeFields } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ResolvedBuild } from '../../ports/engine-builds.ts';
import { ServedNameTakenError, type ModelRecord, type ModelSettings, type ModelTable } from '../../store/models.ts';
import { Feed } from '../feed.ts';
import { driverFor, machineFacts, type LaunchSources } from '../supervisor/launch-plan.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import { previewCommand } from './command-preview.ts';
import { needsRestart, readPatch, readValidCreate } from './model-input.ts';
import { viewModel } from './model-view.ts';

export interface ModelsOptions {
  readonly table: ModelTable;
  readonly supervisor: Supervisor;
  readonly sources: LaunchSources;
  readonly clock: Clock;
}

/** No model's id: they count from 1. */
const EVERY_MODEL = 0;
const ENGINES: readonly EngineType[] = ['llamacpp', 'vllm'];

/** The stored models: created, changed, deleted and watched. Their files are never touched. */
export class Models implements Disposable {
  readonly #table: ModelTable;
  readonly #supervisor: Supervisor;
  readonly #sources: LaunchSources;
  readonly #clock: Clock;
  /** Ids only: what a slow watcher has not read yet is read when it gets to it, and is then the newest. */
  readonly #feed = new Feed<number>((waiting, id) => [...waiting.filter((other) => other !== id), id]);
  readonly #subscription: Disposable;

  constructor(options: ModelsOptions) {
    this.#table = options.table;
    this.#supervisor = options.supervisor;
    this.#sources = options.sources;
    this.#clock = options.clock;
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

  /** Throws AppError `validation_failed`, `path_outside_library`, `served_name_in_use`, `runtime_unavailable`, ... */
  async create(input: unknown): Promise<{ id: number }> {
    const settings = readValidCreate(input);
    await this.#checkSources(settings);
    const id = refusingTakenNames(settings, () => this.#table.insert(settings, this.#clock.now()));
    this.#supervisor.refresh(id);
    return { id };
  }

  /** Null clears a field. What the gateway applies counts from the next request; the rest at the next start. */
  async update(id: number, input: unknown): Promise<{ restart_required: boolean }> {
    const stored = this.#record(id);
    const planned = readPatch(stored, input, this.#view(stored));
    await this.#checkSources(planned);
    // Others may have written meanwhile: the patch is laid over what is stored now.
    const before = this.#record(id);
    const after = readPatch(before, input);
    const { state, isActive } = this.#supervisor.life(id);
    if (after.archived && !before.archived && isActive) {
      throw new AppError('model_busy', { id, state, action: 'archiving it' });
    }
    refusingTakenNames(after, () => this.#table.update(id, after, this.#clock.now()));
    this.#supervisor.refresh(id);
    return { restart_required: isActive && needsRestart(driverFor(after).table, before, after) };
  }

  async #checkSources(settings: ModelSettings): Promise<void> {
    if (settings.localPath !== null) await this.#sources.files.resolve(settings.localPath);
    if (settings.engineBuildId !== null) await this.#sources.builds.resolve(settings.engineBuildId);
    for (const row of driverFor(settings).table.rows) {
      const path = settings.fields[row.name];
      if (row.isPath && typeof path === 'string') await this.#sources.companions.resolveFile(path);
    }
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
        (record) =>
          record.engineBuildId === buildId || this.#supervisor.life(record.id).launch?.plan.build.id === buildId,
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

  previewCommand(input: unknown, signal: AbortSignal = AbortSignal.timeout(10_000)): Promise<CommandPreview> {
    return previewCommand(input, this.#sources, signal);
  }

  /** The field tables, with the defaults this machine and its default engine give. */
  async engineSpecs(engine?: EngineType): Promise<EngineSpec[]> {
    const machine = machineFacts(this.#sources.machine, await this.#defaultBuild());
    return ENGINES.filter((name) => engine === undefined || name === engine).map((name) => ({
      engine_type: name,
      fields: describeFields(driverOf(name).table, machine),
    }));
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
