import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { AppError } from '../../../contract/errors.ts';
import type { EngineDriver, Launch } from '../../../domain/engine/driver.ts';
import { validateConfiguration, type MachineFacts } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { Machine } from '../../adapters/processes/machine.ts';
import type { EngineBuildSource, ResolvedBuild } from '../../ports/engine-builds.ts';
import type { LibraryFiles } from '../../ports/library-files.ts';
import type { ModelFiles } from '../../ports/model-files.ts';
import type { ModelHeaders } from '../../ports/model-headers.ts';
import type { ModelRecord, ModelSettings } from '../../store/models.ts';

const MOST_PARTS = 1000;

/** What a launch is made of, all from outside. */
export interface LaunchSources {
  readonly builds: EngineBuildSource;
  readonly files: ModelFiles;
  readonly companions: LibraryFiles;
  readonly headers: ModelHeaders;
  readonly machine: Machine;
  /** The text of an engine's `--help`; null where it gives none. */
  readonly helpOf: (build: ResolvedBuild, signal: AbortSignal) => Promise<string | null>;
}

/** A launch, all but its port and key. */
export interface LaunchPlan {
  readonly driver: EngineDriver;
  readonly build: ResolvedBuild;
  readonly launch: Omit<Launch, 'port' | 'key'>;
  /** Size of the model's file, or of all its parts. */
  readonly weightBytes: number;
  /** Two launches with the same fingerprint take about the same time to load. */
  readonly fingerprint: string;
}

/** Gathers everything a start needs. Throws AppError for whatever makes the start impossible; nothing was started then. */
export async function planLaunch(model: ModelRecord, sources: LaunchSources, signal: AbortSignal): Promise<LaunchPlan> {
  const driver = driverFor(model);
  const { issues } = validateConfiguration(driver.table, model.task, model.fields);
  if (issues.length > 0) throw new AppError('validation_failed', { issues });
  if (model.localPath === null) throw new AppError('no_model_file', { path: model.name });
  const modelPath = await sources.files.resolve(model.localPath);
  const build = await sources.builds.resolve(model.engineBuildId);
  await refuseUnknownFlags(driver, model, build, sources, signal);
  const launch = {
    runtime: model.runtime,
    modelPath,
    host: '127.0.0.1',
    knownFlags: null,
    hubToken: null,
    servedName: model.servedModelName,
    task: model.task,
    version: build.version,
    machine: machineFacts(sources.machine, build),
    header: await sources.headers.read(modelPath, signal),
    paths: await companionPaths(driver, model, sources.companions),
  };
  const weightBytes = await sizeOf(modelPath);
  return { driver, build, launch, weightBytes, fingerprint: fingerprintOf(model, build, modelPath) };
}

/** The driver of a model this program can start. Throws AppError `runtime_unavailable`. */
export function driverFor(model: Pick<ModelSettings, 'engineType' | 'runtime'>): EngineDriver {
  const driver = driverOf(model.engineType);
  if (model.engineType === 'vllm') {
    throw new AppError('runtime_unavailable', {
      reason: 'vLLM runs in a container, which this version cannot start yet. Choose the engine "llamacpp".',
    });
  }
  if (model.runtime === 'container') {
    throw new AppError('runtime_unavailable', {
      reason: 'This version cannot start containers yet. Choose the runtime "process".',
    });
  }
  return driver;
}

export function machineFacts(machine: Machine, build: Pick<ResolvedBuild, 'backend'> | null): MachineFacts {
  return { ...machine, backend: build?.backend ?? 'cpu' };
}

export async function companionPaths(
  driver: EngineDriver,
  model: Pick<ModelSettings, 'fields'>,
  companions: LibraryFiles,
): Promise<Record<string, string>> {
  const paths: Record<string, string> = {};
  for (const row of driver.table.rows) {
    const value = model.fields[row.name];
    if (row.isPath && typeof value === 'string') paths[row.name] = await companions.resolveFile(value);
  }
  return paths;
}

async function refuseUnknownFlags(
  driver: EngineDriver,
  model: ModelRecord,
  build: ResolvedBuild,
  sources: LaunchSources,
  signal: AbortSignal,
): Promise<void> {
  if (model.fields['engine_startup_args_json'] === undefined) return;
  const help = await sources.helpOf(build, signal);
  const known = help === null ? null : driver.readFlags(help);
  const issues = known === null ? [] : driver.flagIssues(model.fields, { ...known, version: build.version });
  if (issues.length > 0) throw new AppError('validation_failed', { issues });
}

/** A split model is named by its first part: `name-00001-of-00003.gguf`. A part that is missing counts as empty. */
async function sizeOf(modelPath: string): Promise<number> {
  const [, prefix, count] = /^(.*-)00001-of-(\d{5})\.gguf$/.exec(modelPath) ?? [];
  const parts =
    prefix === undefined || count === undefined
      ? [modelPath]
      : Array.from({ length: Number(count) }, (_, n) => `${prefix}${String(n + 1).padStart(5, '0')}-of-${count}.gguf`);
  const sizes = await Promise.all(
    parts.slice(0, MOST_PARTS).map((part) =>
      stat(part).then(
        (facts) => facts.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function fingerprintOf(model: ModelRecord, build: ResolvedBuild, modelPath: string): string {
  const engineFields = Object.entries(model.fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([build.id, build.backend, modelPath, model.task, engineFields]))
    .digest('hex')
    .slice(0, 32);
}
