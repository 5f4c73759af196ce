import { createHash } from 'node:crypto';
import { AppError } from '../../../contract/errors.ts';
import type { DockerStatus } from '../../../contract/docker.ts';
import type { EngineDriver, KnownFlags, Launch } from '../../../domain/engine/driver.ts';
import { validateConfiguration, type BackendName, type MachineFacts } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { Machine } from '../../adapters/processes/machine.ts';
import type { Containers } from '../../ports/containers.ts';
import type { EngineBuildSource, ResolvedBuild } from '../../ports/engine-builds.ts';
import type { EngineImageSource } from '../../ports/engine-images.ts';
import type { GpuInventory } from '../../ports/gpu-inventory.ts';
import type { LocalImage, PullProgress } from '../../ports/images.ts';
import type { ModelSettings } from '../../store/models.ts';
import {
  cacheMounts,
  chosenGpus,
  gpuRequest,
  imageNamed,
  imageReference,
  placeFiles,
  prepareCache,
  type ContainerPlan,
} from './container-plan.ts';
import { versionOfImage } from '../images/engine-of-image.ts';
import { modelFiles, type FileSources, type ModelOnDisk } from './model-on-disk.ts';

/** What a launch is made of, all from outside. */
export interface LaunchSources extends FileSources {
  readonly builds: EngineBuildSource;
  /** The owner's own `vllm` command; null where there is none. */
  readonly vllmCommand: (signal: AbortSignal) => Promise<ResolvedBuild | null>;
  readonly images: EngineImageSource;
  readonly containers: Containers;
  readonly gpus: GpuInventory;
  readonly machine: Machine;
  /** What an engine prints when it is asked so for its flags; null where it gives no such text. */
  readonly helpOf: (build: ResolvedBuild, how: EngineDriver['help'], signal: AbortSignal) => Promise<string | null>;
  /** Marks our containers among those of other programs of this kind. */
  readonly ownerId: string;
  /** The Hugging Face token kept for a model, in the clear. */
  readonly hubTokenOf: (model: Pick<ModelSettings, 'sealedHubToken'>) => string | null;
  /** Where caches of engines are kept that outlive their containers. */
  readonly cacheDir: string;
}

export interface ProcessPlan {
  readonly kind: 'process';
  readonly build: ResolvedBuild;
}

/** A launch, all but its port and key. */
export interface LaunchPlan {
  readonly driver: EngineDriver;
  readonly place: ProcessPlan | ContainerPlan;
  readonly launch: Omit<Launch, 'port' | 'key'>;
  /** How many GPUs it is given; 0 for none. */
  readonly gpus: number;
  /** Size of the model's files. */
  readonly weightBytes: number;
  /** Two launches with the same fingerprint take about the same time to load. */
  readonly fingerprint: string;
  readonly notices: readonly string[];
}

export interface PlanOptions {
  readonly signal: AbortSignal;
  /** An image that is not here is being downloaded. */
  readonly onPull: (progress: PullProgress) => void;
}

/** Gathers everything a start needs. Throws AppError for whatever makes the start impossible; nothing was started then. */
export async function planLaunch(
  model: ModelSettings,
  sources: LaunchSources,
  options: PlanOptions,
): Promise<LaunchPlan> {
  const driver = driverOf(model.engineType);
  refuse(validateConfiguration(driver.table, model.task, model.fields).issues);
  const files = await modelFiles(model, sources, options.signal);
  const plan =
    model.runtime === 'process'
      ? await planProcess(model, driver, files, sources, options.signal)
      : await planContainer(model, driver, files, sources, options);
  const { knownFlags } = plan.launch;
  if (knownFlags !== null) refuse(driver.flagIssues(model.fields, knownFlags));
  return plan;
}

function refuse(issues: readonly { field: string; message: string }[]): void {
  if (issues.length > 0) throw new AppError('validation_failed', { issues });
}

export function machineFacts(machine: Machine, backend: BackendName): MachineFacts {
  return { ...machine, backend };
}

function launchOf(
  model: ModelSettings,
  files: ModelOnDisk,
  sources: LaunchSources,
): Pick<Launch, 'runtime' | 'modelPath' | 'servedName' | 'task' | 'header' | 'paths' | 'hubToken'> {
  return {
    runtime: model.runtime,
    modelPath: files.path ?? model.repoId ?? '',
    servedName: model.servedModelName,
    task: model.task,
    header: files.header,
    paths: files.companions,
    hubToken: sources.hubTokenOf(model),
  };
}

async function planProcess(
  model: ModelSettings,
  driver: EngineDriver,
  files: ModelOnDisk,
  sources: LaunchSources,
  signal: AbortSignal,
): Promise<LaunchPlan> {
  const build = await resolveBuild(model, sources, signal);
  const gpus = await processGpus(model, build, sources, signal);
  const launch = {
    ...launchOf(model, files, sources),
    host: '127.0.0.1',
    version: build.version,
    machine: machineFacts(sources.machine, build.backend),
    knownFlags: await flagsOfBuild(build, driver, sources, signal),
  };
  return {
    driver,
    place: { kind: 'process', build: { ...build, env: { ...build.env, ...gpus.env } } },
    launch,
    gpus: gpus.count,
    weightBytes: files.bytes,
    fingerprint: fingerprintOf(model, `${build.id} ${build.backend}`),
    notices: build.notices,
  };
}

/** The program that a process runs. Throws AppError `no_engine_build` or `runtime_unavailable`. */
export async function resolveBuild(
  model: Pick<ModelSettings, 'engineType' | 'engineBuildId'>,
  sources: Pick<LaunchSources, 'builds' | 'vllmCommand'>,
  signal: AbortSignal,
): Promise<ResolvedBuild> {
  if (model.engineType === 'llamacpp') return sources.builds.resolve(model.engineBuildId);
  const command = await sources.vllmCommand(signal);
  if (command !== null) return command;
  throw new AppError('runtime_unavailable', {
    reason:
      'There is no "vllm" command on this machine. Choose the runtime "container", or install vLLM (pip install vllm) and start the program from where "vllm" is found.',
  });
}

async function processGpus(
  model: ModelSettings,
  build: ResolvedBuild,
  sources: LaunchSources,
  signal: AbortSignal,
): Promise<{ count: number; env: Record<string, string> }> {
  if (build.backend === 'cpu') return { count: 0, env: {} };
  const known = chosenGpus(model.fields).length === 0 ? [] : await sources.gpus.list(signal);
  const request = gpuRequest(model.fields, known, null);
  if (model.fields['device'] === 'cpu') return { count: 0, env: { CUDA_VISIBLE_DEVICES: '' } };
  if (request.kind !== 'some') return { count: 1, env: {} };
  // Named by id, the order of the list is the order the engine sees.
  return { count: request.ids.length, env: { CUDA_VISIBLE_DEVICES: request.ids.join(',') } };
}

export async function flagsOfBuild(
  build: ResolvedBuild,
  driver: EngineDriver,
  sources: Pick<LaunchSources, 'helpOf'>,
  signal: AbortSignal,
): Promise<KnownFlags | null> {
  const help = await sources.helpOf(build, driver.help, signal);
  const known = help === null ? null : driver.readFlags(help);
  return known === null ? null : { ...known, version: build.version };
}

async function planContainer(
  model: ModelSettings,
  driver: EngineDriver,
  files: ModelOnDisk,
  sources: LaunchSources,
  options: PlanOptions,
): Promise<LaunchPlan> {
  const { signal } = options;
  const status = await sources.containers.status(signal);
  if (status.problem !== 'ok') throw dockerUnavailable(status);
  const place = await placeContainer(model, driver, files, sources, status, signal);
  const image = place.plan.image ?? (await fetchImage(model, place.plan.reference, sources, options));
  await prepareCache(driver, sources.cacheDir, place.plan.user);
  const knownFlags = await sources.images.flagsOf(image, driver, signal);
  const backend: BackendName = place.plan.gpus.kind === 'none' ? 'cpu' : 'cuda';
  return {
    driver,
    place: { ...place.plan, image },
    launch: {
      ...launchOf(model, files, sources),
      ...(place.modelPath === null ? {} : { modelPath: place.modelPath }),
      paths: place.paths,
      host: '0.0.0.0',
      version: versionOf(image, place.plan.reference, knownFlags),
      machine: machineFacts(sources.machine, backend),
      knownFlags,
    },
    gpus: await gpuCount(place.plan, sources, signal),
    weightBytes: files.bytes,
    fingerprint: fingerprintOf(model, image.id),
    notices: [],
  };
}

export function dockerUnavailable({ problem, detail, cure }: DockerStatus): AppError {
  return new AppError('docker_unavailable', { problem, detail, cure });
}

/** Where a model lies in its container. The image may be missing: nothing is downloaded here. */
export async function placeContainer(
  model: ModelSettings,
  driver: EngineDriver,
  files: ModelOnDisk,
  sources: LaunchSources,
  status: DockerStatus,
  signal: AbortSignal,
): Promise<{ plan: ContainerPlan; modelPath: string | null; paths: Readonly<Record<string, string>> }> {
  const reference = imageReference(model, driver);
  const image = status.problem === 'ok' ? await findImage(model, reference, sources, signal) : null;
  const placed = await placeFiles(driver, files.path, files.companions, sources.companions, status.rootless);
  const known = chosenGpus(model.fields).length === 0 ? [] : await sources.gpus.list(signal);
  return {
    plan: {
      kind: 'container',
      // An id is no name that anybody could pull or run.
      reference: image !== null && image.id === model.engineDigest ? imageNamed(model, driver) : reference,
      image,
      gpus: gpuRequest(model.fields, known, status),
      mounts: [...placed.mounts, ...cacheMounts(driver, sources.cacheDir, placed.user)],
      user: placed.user,
    },
    modelPath: placed.modelPath,
    paths: placed.paths,
  };
}

/** A pinned image that was built here is known by its id alone. */
async function findImage(
  model: ModelSettings,
  reference: string,
  sources: LaunchSources,
  signal: AbortSignal,
): Promise<LocalImage | null> {
  const named = await sources.images.find(reference, signal);
  return named ?? (model.engineDigest === null ? null : sources.images.find(model.engineDigest, signal));
}

async function fetchImage(
  model: ModelSettings,
  reference: string,
  sources: LaunchSources,
  { onPull, signal }: PlanOptions,
): Promise<LocalImage> {
  try {
    return await sources.images.fetch(reference, onPull, signal);
  } catch (error) {
    if (model.engineDigest === null || !(error instanceof AppError) || error.code !== 'image_not_found') throw error;
    const reason =
      'the model is pinned to this digest and no registry has it; unpin it to take what the name means now';
    throw new AppError('image_not_found', { reference, reason }, { cause: error });
  }
}

async function gpuCount(plan: ContainerPlan, sources: LaunchSources, signal: AbortSignal): Promise<number> {
  if (plan.gpus.kind === 'none') return 0;
  if (plan.gpus.kind === 'some') return plan.gpus.ids.length;
  return Math.max(1, (await sources.gpus.list(signal)).length);
}

/** By the engine's own word, the image's label, or its tag. */
export function versionOf(image: LocalImage | null, reference: string, known: KnownFlags | null): string {
  return known?.version ?? versionOfImage(reference, image) ?? 'unknown';
}

function fingerprintOf(model: ModelSettings, engine: string): string {
  const fields = Object.entries(model.fields).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([engine, model.localPath ?? model.repoId, model.task, fields]))
    .digest('hex')
    .slice(0, 32);
}
