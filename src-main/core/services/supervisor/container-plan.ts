import { createHash } from 'node:crypto';
import { mkdir, chown } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import type { DockerStatus } from '../../../contract/docker.ts';
import type { EngineCommand, EngineDriver, Launch } from '../../../domain/engine/driver.ts';
import type { FieldValues } from '../../../domain/engine/field-table.ts';
import { LABELS, type ContainerSpec, type GpuRequest, type Mount } from '../../ports/containers.ts';
import type { Gpu } from '../../ports/gpu-inventory.ts';
import type { LocalImage } from '../../ports/images.ts';
import type { LibraryFiles } from '../../ports/library-files.ts';
import type { ModelSettings } from '../../store/models.ts';
import { repositoryOf } from '../images/engine-of-image.ts';
import { mountModel, type Mounted } from './model-mounts.ts';

const GIB = 2 ** 30;
/** Who runs an engine that anybody's files suffice: nobody. */
const NOBODY = 65_534;
const PIDS = 4096;
const COMPANIONS = '/companions';

/** Where everything of a model lies inside its container, and as whom its engine runs. */
export interface ContainerPlan {
  readonly kind: 'container';
  /** The image as the model names it. */
  readonly reference: string;
  /** Null while it is not on this machine. */
  readonly image: LocalImage | null;
  readonly gpus: GpuRequest;
  readonly mounts: readonly Mount[];
  readonly user: string | null;
}

export function imageNamed(model: Pick<ModelSettings, 'engineImage'>, driver: EngineDriver): string {
  return model.engineImage ?? driver.container.defaultImage;
}

/** What an image is asked for by: its name, and its digest where the model is pinned to one. */
export function imageReference(
  model: Pick<ModelSettings, 'engineImage' | 'engineDigest'>,
  driver: EngineDriver,
): string {
  const named = imageNamed(model, driver);
  if (model.engineDigest === null || named.includes('@')) return named;
  return `${repositoryOf(named)}@${model.engineDigest}`;
}

export interface Placement {
  readonly mounts: readonly Mount[];
  /** Null for a model that the engine fetches itself. */
  readonly modelPath: string | null;
  /** Inside, by the path the configuration gives. */
  readonly paths: Readonly<Record<string, string>>;
  readonly user: string | null;
}

/** Mounts for the model's files and its companions. `companions` are real paths by what names them. */
export async function placeFiles(
  driver: EngineDriver,
  modelPath: string | null,
  companions: Readonly<Record<string, string>>,
  library: LibraryFiles,
  rootless: boolean,
): Promise<Placement> {
  const model = modelPath === null ? null : await mountModel(modelPath, driver.container.modelsDir, library);
  const placed: Mounted[] = model === null ? [] : [model];
  const paths: Record<string, string> = {};
  let nth = 0;
  for (const [name, path] of Object.entries(companions)) {
    const mounted = await mountModel(path, `${COMPANIONS}/${nth}`, library);
    nth += 1;
    placed.push(mounted);
    paths[name] = mounted.inside;
  }
  return {
    mounts: placed.flatMap(({ mounts }) => mounts),
    modelPath: model?.inside ?? null,
    paths,
    user: userFor(placed, rootless, driver.container.rootGroup),
  };
}

/**
 * Whoever runs this program also runs its engines: he can read the files and write the cache. Where that is root, an
 * engine is nobody, or the owner of files that nobody may read. A rootless engine's root is the user himself, and other
 * ids are not his.
 */
function userFor(placed: readonly Mounted[], rootless: boolean, rootGroup: boolean): string | null {
  const own = { uid: process.getuid?.(), gid: process.getgid?.() };
  if (rootless || own.uid === undefined || own.gid === undefined) return null;
  const closed = placed.find(({ worldReadable }) => !worldReadable)?.owner;
  const asRoot = closed ?? { uid: NOBODY, gid: NOBODY };
  const { uid, gid } = own.uid === 0 ? asRoot : { uid: own.uid, gid: own.gid };
  return `${uid}:${rootGroup ? 0 : gid}`;
}

/** The folder of an engine's cache: one for each user that engines run as. */
export function cacheMounts(driver: EngineDriver, cacheDir: string, user: string | null): readonly Mount[] {
  const { cache } = driver.container;
  const source = join(cacheDir, driver.engine, user?.split(':')[0] ?? 'default');
  return cache === null ? [] : [{ source, target: cache.dir, readOnly: false }];
}

/** Makes that folder, writable for its user. */
export async function prepareCache(driver: EngineDriver, cacheDir: string, user: string | null): Promise<void> {
  const [uid, gid] = (user ?? '').split(':').map(Number);
  for (const { source } of cacheMounts(driver, cacheDir, user)) {
    await mkdir(source, { recursive: true, mode: 0o700 });
    // Only root can give it away; anybody else runs engines as himself.
    if (uid !== undefined && gid !== undefined && process.getuid?.() === 0) await chown(source, uid, gid);
  }
}

/** Which GPUs to ask for. Throws AppError `validation_failed` for one that this machine does not have. */
export function gpuRequest(fields: FieldValues, gpus: readonly Gpu[], status: DockerStatus | null): GpuRequest {
  if (fields['device'] === 'cpu' || fields['ngl'] === 0) return { kind: 'none' };
  const chosen = chosenGpus(fields);
  if (chosen.length === 0) return status?.gpu.status === 'none' || status === null ? { kind: 'none' } : { kind: 'all' };
  return { kind: 'some', ids: chosen.map((id) => uuidOf(id, gpus)) };
}

export function chosenGpus(fields: FieldValues): readonly string[] {
  const chosen = fields['selected_gpus'];
  return Array.isArray(chosen) ? chosen : [];
}

function uuidOf(id: string, gpus: readonly Gpu[]): string {
  if (gpus.length === 0) return id;
  const found = gpus.find((gpu) => String(gpu.index) === id || gpu.uuid === id);
  if (found) return found.uuid;
  // Part of a GPU has an id of its own.
  if (id.startsWith('MIG-')) return id;
  const known = gpus.map((gpu) => `${gpu.index} (${gpu.name})`).join(', ');
  throw new AppError('validation_failed', {
    issues: [{ field: 'selected_gpus', message: `there is no GPU ${id} on this machine; it has ${known}` }],
  });
}

export interface SpecParts {
  readonly driver: EngineDriver;
  readonly plan: ContainerPlan;
  readonly launch: Pick<Launch, 'port'>;
  readonly command: EngineCommand;
  readonly fields: FieldValues;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The container that runs a command. */
export function containerSpec(parts: SpecParts): ContainerSpec {
  const { driver, plan, command, fields } = parts;
  const memory = fields['memory_limit_gb'];
  const shared = fields['shm_size_gb'];
  const entrypoint = fields['entrypoint_override'];
  return {
    name: parts.name,
    image: plan.image?.id ?? plan.reference,
    entrypoint: Array.isArray(entrypoint) && entrypoint.length > 0 ? entrypoint : null,
    args: command.args,
    env: { ...driver.container.cache?.env, ...command.env },
    labels: parts.labels,
    gpus: plan.gpus,
    mounts: plan.mounts,
    port: parts.launch.port,
    user: plan.user,
    readOnlyRoot: driver.container.readOnlyRoot,
    ipc: fields['ipc_mode'] === 'host' ? 'host' : 'private',
    sharedMemoryBytes: (typeof shared === 'number' ? shared : driver.container.sharedMemoryGiB) * GIB,
    memoryBytes: typeof memory === 'number' ? memory * GIB : null,
    pidsLimit: PIDS,
  };
}

/** What decides that a running container is the one that would be started now: all of it but names and secrets. */
export function configHash(spec: ContainerSpec, secretEnv: readonly string[]): string {
  const env = Object.entries(spec.env)
    .filter(([name]) => !secretEnv.includes(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const { name: _name, labels: _labels, ...rest } = spec;
  return createHash('sha256')
    .update(JSON.stringify({ ...rest, env }))
    .digest('hex');
}

export function labelsFor(owner: string, modelId: number, launchId: string, hash: string): Record<string, string> {
  return {
    [LABELS.product]: 'cortex',
    [LABELS.owner]: owner,
    [LABELS.modelId]: String(modelId),
    [LABELS.launchId]: launchId,
    [LABELS.configHash]: hash,
  };
}

/** A name a person recognises in `docker ps`, that two programs on one machine do not both give. */
export function containerName(owner: string, modelId: number | null, servedName: string): string {
  const readable = servedName.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 40);
  return `cortex-${owner.slice(0, 6)}-${modelId ?? 'new'}-${readable}`;
}
