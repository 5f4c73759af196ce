import type { LaunchDescription } from '../../../domain/exchange/launch-description.ts';
import type { FieldValues } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { ContainerSpec } from '../../ports/containers.ts';
import type { ModelRecord } from '../../store/models.ts';
import { containerSpec } from '../supervisor/container-plan.ts';
import { machineFacts, placeContainer, versionOf, type LaunchSources } from '../supervisor/launch-plan.ts';
import { DEFAULT_RESTART_LIMIT } from '../supervisor/restart-policy.ts';
import { modelFiles } from '../supervisor/model-on-disk.ts';

/** Stands where a secret would; nothing that leaves the program holds one. */
const MASKED = '***';
const CACHE_VOLUME = 'engine-cache';

export interface ContainerLaunch {
  readonly spec: ContainerSpec;
  /** Names in the environment whose values are masked. */
  readonly secretEnv: readonly string[];
  /** Set fields that the engine does not know, in a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * The container a model would run in, also for one that runs as a process here. Docker need not be there. Throws AppError
 * where its files are missing.
 */
export async function containerLaunch(
  model: ModelRecord,
  sources: LaunchSources,
  signal: AbortSignal,
): Promise<ContainerLaunch> {
  const driver = driverOf(model.engineType);
  const contained: ModelRecord = { ...model, runtime: 'container' };
  const files = await modelFiles(contained, sources, signal);
  const status = await sources.containers.status(signal);
  const { plan, modelPath, paths } = await placeContainer(contained, driver, files, sources, status, signal);
  const knownFlags = plan.image === null ? null : await sources.images.flagsOf(plan.image, driver, signal);
  const command = driver.command(model.fields, {
    runtime: 'container',
    modelPath: modelPath ?? model.repoId ?? '',
    servedName: model.servedModelName,
    task: model.task,
    host: '0.0.0.0',
    port: driver.container.port,
    key: MASKED,
    version: versionOf(plan.image, plan.reference, knownFlags),
    machine: machineFacts(sources.machine, plan.gpus.kind === 'none' ? 'cpu' : 'cuda'),
    knownFlags,
    hubToken: model.sealedHubToken === null ? null : MASKED,
    header: files.header,
    paths,
  });
  const spec = containerSpec({
    driver,
    plan,
    launch: { port: driver.container.port },
    command,
    fields: model.fields,
    name: nameElsewhere(model.servedModelName),
    labels: {},
  });
  const unsupported = command.unsupported.map(({ field, message }) => `${field} ${message}; it was left out.`);
  const moved = `The model runs as a process here; the image is ${plan.reference}.`;
  return {
    // A person reads the image's name, not the id that a start really takes.
    spec: { ...spec, image: plan.reference },
    secretEnv: command.secretEnv,
    warnings: model.runtime === 'process' ? [moved, ...unsupported] : unsupported,
  };
}

/** Without the ids of this program, which mean nothing to whoever runs it himself. */
function nameElsewhere(servedName: string): string {
  return `cortex-${servedName.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 40)}`;
}

/** The same for another machine: its cache is a volume there, not a folder of this program. */
export function describeElsewhere({ spec, secretEnv }: ContainerLaunch, model: ModelRecord): LaunchDescription {
  const cacheDir = driverOf(model.engineType).container.cache?.dir;
  return {
    ...spec,
    name: model.servedModelName,
    restart: restartOf(model.fields),
    secretEnv,
    mounts: spec.mounts.map((mount) => (mount.target === cacheDir ? { ...mount, source: CACHE_VOLUME } : mount)),
  };
}

/** A cluster has GPUs also where this machine has none; without a word about them a pod gets none. */
export function describeInCluster(launch: ContainerLaunch, model: ModelRecord): LaunchDescription {
  const described = describeElsewhere(launch, model);
  return lacksGpu(launch, model) ? { ...described, gpus: { kind: 'all' } } : described;
}

/**
 * Whether it would have GPUs, had any been found here. Images for other hardware say so in their name; llama.cpp's
 * without a word is the one for CPUs.
 */
export function lacksGpu({ spec: { gpus, image } }: ContainerLaunch, { engineType, fields }: ModelRecord): boolean {
  if (gpus.kind !== 'none' || fields['device'] === 'cpu' || fields['ngl'] === 0) return false;
  return engineType === 'vllm' ? !/cpu|rocm|xpu/i.test(image) : /cuda/i.test(image);
}

/** What the program does here, Docker does elsewhere. */
export function restartOf(fields: FieldValues): string {
  const { auto_start: autoStart, restart_policy: policy, restart_limit: limit } = fields;
  // Docker takes a limit of 0 for none.
  if (policy !== 'on_failure' || limit === 0) return 'no';
  if (autoStart === true) return 'unless-stopped';
  return `on-failure:${typeof limit === 'number' ? limit : DEFAULT_RESTART_LIMIT}`;
}
