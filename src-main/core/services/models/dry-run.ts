import { AppError, type Issue } from '../../../contract/errors.ts';
import type { ConfigWarning, DryRun } from '../../../contract/dry-run.ts';
import type { EngineCommand, KnownFlags, Launch } from '../../../domain/engine/driver.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import { shellLine } from '../../../domain/exchange/shell-line.ts';
import { estimateMemory } from '../../../domain/vram/estimate.ts';
import type { ModelSettings } from '../../store/models.ts';
import { containerName, containerSpec, type ContainerPlan } from '../supervisor/container-plan.ts';
import {
  flagsOfBuild,
  machineFacts,
  placeContainer,
  resolveBuild,
  versionOf,
  type LaunchSources,
} from '../supervisor/launch-plan.ts';
import { engineOfImage } from '../images/engine-of-image.ts';
import { modelFiles, NOTHING, type ModelOnDisk } from '../supervisor/model-on-disk.ts';
import { configurationWarnings, warning } from './dry-run-warnings.ts';

/** Stands where the port will be: it is chosen at each start. */
const PORT = '<port>';
const MASKED = '***';

export interface DryRunInput {
  readonly settings: ModelSettings;
  /** Null for a draft. */
  readonly modelId: number | null;
  readonly issues: readonly Issue[];
  readonly notes: readonly Issue[];
}

/** Where the engine would run, as far as that can be told now. */
interface Place {
  /** Null where the image is not here to say. */
  readonly program: readonly string[] | null;
  readonly container: ContainerPlan | null;
  readonly modelPath: string | null;
  readonly paths: Readonly<Record<string, string>>;
  readonly version: string;
  readonly knownFlags: KnownFlags | null;
  readonly backend: 'cpu' | 'cuda' | 'vulkan' | 'metal' | 'rocm';
}

/** What a start would do. What is wrong with it is in the warnings, not thrown; nothing is downloaded or started. */
export async function dryRun(input: DryRunInput, sources: LaunchSources, signal: AbortSignal): Promise<DryRun> {
  const { settings } = input;
  const driver = driverOf(settings.engineType);
  const warnings: ConfigWarning[] = [
    ...input.issues.map(({ field, message }) => warning('error', 'config', 'Not valid', `${field}: ${message}`, field)),
    ...input.notes.map(({ field, message }) => warning('info', 'config', 'Converted', `${field} ${message}`, field)),
  ];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      warnings.push(warning('error', error.code, 'Cannot start', error.message));
      return null;
    }
  };
  const files = await attempt(() => modelFiles(settings, sources, signal));
  const place = await attempt(() =>
    settings.runtime === 'process'
      ? placeProcess(settings, files, sources, warnings, signal)
      : placeInContainer(settings, files, sources, warnings, signal),
  );
  const launch: Launch = {
    runtime: settings.runtime,
    modelPath: place?.modelPath ?? files?.path ?? settings.localPath ?? settings.repoId ?? '<model>',
    servedName: settings.servedModelName,
    task: settings.task,
    host: settings.runtime === 'process' ? '127.0.0.1' : '0.0.0.0',
    port: settings.runtime === 'process' ? 0 : driver.container.port,
    key: MASKED,
    version: place?.version ?? '',
    machine: machineFacts(sources.machine, place?.backend ?? 'cpu'),
    knownFlags: place?.knownFlags ?? null,
    hubToken: settings.sealedHubToken === null ? null : MASKED,
    header: files?.header ?? null,
    paths: place?.paths ?? files?.companions ?? {},
  };
  const command = driver.command(settings.fields, launch);
  for (const { title, category, message, field, fix } of driver.advice(settings.fields, launch)) {
    warnings.push({ severity: 'warning', title, category, message, field, fix });
  }
  for (const { field, message } of command.unsupported) {
    warnings.push(warning('warning', 'args', 'Left out', `${field} ${message}`, field, { [field]: null }));
  }
  if (place?.knownFlags) {
    for (const { field, message } of driver.flagIssues(settings.fields, place.knownFlags)) {
      warnings.push(warning('error', 'args', 'Not known to this engine', `${field}: ${message}`, field));
    }
  }
  const known = await sources.gpus.list(signal);
  warnings.push(...configurationWarnings({ settings, files: files ?? NOTHING, machine: sources.machine, gpus: known }));
  const argv = commandOf(settings, place, command);
  return {
    valid: !warnings.some(({ severity }) => severity === 'error'),
    command: argv,
    command_str: shellLine(argv),
    docker_run: place?.container ? dockerRun(input, place.container, command, sources) : null,
    env: masked(command),
    image: place?.container?.reference ?? null,
    warnings,
    ...memory(settings, files),
  };
}

async function placeProcess(
  settings: ModelSettings,
  files: ModelOnDisk | null,
  sources: LaunchSources,
  warnings: ConfigWarning[],
  signal: AbortSignal,
): Promise<Place> {
  const driver = driverOf(settings.engineType);
  const build = await resolveBuild(settings, sources, signal);
  for (const notice of build.notices) warnings.push(warning('info', 'gpu', 'GPU not used', notice));
  return {
    program: [build.executable],
    container: null,
    modelPath: files?.path ?? null,
    paths: files?.companions ?? {},
    version: build.version,
    knownFlags: await flagsOfBuild(build, driver, sources, signal),
    backend: build.backend,
  };
}

async function placeInContainer(
  settings: ModelSettings,
  files: ModelOnDisk | null,
  sources: LaunchSources,
  warnings: ConfigWarning[],
  signal: AbortSignal,
): Promise<Place> {
  const driver = driverOf(settings.engineType);
  const status = await sources.containers.status(signal);
  if (status.problem !== 'ok') {
    warnings.push(warning('error', 'docker', 'No containers', [status.detail, status.cure ?? ''].join(' ').trim()));
  } else if (status.gpu.status === 'no_toolkit' || status.gpu.status === 'driver_missing') {
    warnings.push(
      warning('warning', 'gpu', 'No GPU for containers', `${status.gpu.detail} ${status.gpu.cure ?? ''}`.trim()),
    );
  }
  const { plan, modelPath, paths } = await placeContainer(settings, driver, files ?? NOTHING, sources, status, signal);
  if (plan.image === null && status.problem === 'ok') {
    const message = `${plan.reference} is not on this machine yet; the first start downloads it.`;
    warnings.push(warning('info', 'image', 'Image will be downloaded', message, 'engine_image'));
  }
  warnings.push(...otherEngine(settings, plan));
  const knownFlags = plan.image === null ? null : await sources.images.flagsOf(plan.image, driver, signal);
  return {
    program: plan.image === null || plan.image.entrypoint.length === 0 ? null : plan.image.entrypoint,
    container: plan,
    modelPath,
    paths,
    version: versionOf(plan.image, plan.reference, knownFlags),
    knownFlags,
    backend: plan.gpus.kind === 'none' ? 'cpu' : 'cuda',
  };
}

/** By its name, labels and entrypoint, so a warning only: an image may be called anything. */
function otherEngine({ engineType }: ModelSettings, { reference, image }: ContainerPlan): ConfigWarning[] {
  const found = engineOfImage(reference, image);
  if (found === null || found === engineType) return [];
  const message = `${reference} looks like an image of ${ENGINE_NAMES[found]}, and this model wants ${ENGINE_NAMES[engineType]}.`;
  return [warning('warning', 'image', 'Another engine’s image', message, 'engine_image', { engine_image: null })];
}

const ENGINE_NAMES = { llamacpp: 'llama.cpp', vllm: 'vLLM' } as const;

function commandOf(settings: ModelSettings, place: Place | null, command: EngineCommand): string[] {
  const { programName } = driverOf(settings.engineType);
  if (settings.runtime === 'process') {
    return [...(place?.program ?? [programName]), ...command.subcommand, ...withPlaceholder(command.args)];
  }
  // An image has the subcommand in its entrypoint.
  const override = settings.fields['entrypoint_override'];
  const own = Array.isArray(override) && override.length > 0 ? override : place?.program;
  return [...(own ?? [programName, ...command.subcommand]), ...command.args];
}

function withPlaceholder(args: readonly string[]): string[] {
  const at = args.indexOf('--port');
  return args.map((argument, index) => (at >= 0 && index === at + 1 ? PORT : argument));
}

function masked({ env, secretEnv }: EngineCommand): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, secretEnv.includes(name) ? MASKED : value]),
  );
}

function dockerRun(
  { settings, modelId }: DryRunInput,
  plan: ContainerPlan,
  command: EngineCommand,
  sources: LaunchSources,
): string {
  const driver = driverOf(settings.engineType);
  const spec = containerSpec({
    driver,
    plan,
    launch: { port: driver.container.port },
    command,
    fields: settings.fields,
    name: containerName(sources.ownerId, modelId, settings.servedModelName),
    labels: {},
  });
  // A person reads the image's name, not the id that a start really takes.
  return sources.containers.runLine({ ...spec, image: plan.reference }, command.secretEnv);
}

function memory(
  settings: ModelSettings,
  files: ModelOnDisk | null,
): Pick<DryRun, 'vram_estimate' | 'vram_estimate_gb'> {
  const estimate =
    files === null || files.bytes === 0 ? null : estimateMemory(settings.engineType, settings.fields, files);
  if (estimate === null) return { vram_estimate: null, vram_estimate_gb: null };
  return {
    vram_estimate_gb: rounded(estimate.weightsGiB + (estimate.kvCacheGiB ?? 0)),
    vram_estimate: {
      weights_gb: rounded(estimate.weightsGiB),
      kv_cache_gb: estimate.kvCacheGiB === null ? null : rounded(estimate.kvCacheGiB),
      note: estimate.note,
    },
  };
}

function rounded(gib: number): number {
  return Math.round(gib * 100) / 100;
}
