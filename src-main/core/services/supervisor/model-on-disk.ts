import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import type { EngineDriver, ModelHeader } from '../../../domain/engine/driver.ts';
import { pathsOf } from '../../../domain/engine/field-table.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import { readModelConfig, type ModelConfig } from '../../../domain/hf-config/model-config.ts';
import { partPaths } from '../../../domain/gguf/parts.ts';
import type { LibraryFiles } from '../../ports/library-files.ts';
import type { ModelFiles } from '../../ports/model-files.ts';
import type { ModelHeaders } from '../../ports/model-headers.ts';
import type { ModelSettings } from '../../store/models.ts';

const MOST_CONFIG_BYTES = 4 * 1024 * 1024;

/** Where the files of models come from. */
export interface FileSources {
  readonly files: ModelFiles;
  readonly companions: LibraryFiles;
  readonly headers: ModelHeaders;
}

/** The files of a model on this machine. */
export interface ModelOnDisk {
  /** Null for one that the engine fetches from the hub. */
  readonly path: string | null;
  readonly header: ModelHeader | null;
  /** What a folder's config.json says; null for a file, and where there is none that can be read. */
  readonly config: ModelConfig | null;
  readonly companions: Readonly<Record<string, string>>;
  readonly bytes: number;
  /** Its weights are pickles: files that can run code when they are loaded. */
  readonly hasOnlyPickles: boolean;
}

/** Of a model whose files are not here. */
export const NOTHING: ModelOnDisk = {
  path: null,
  header: null,
  config: null,
  companions: {},
  bytes: 0,
  hasOnlyPickles: false,
};

/** Throws AppError as `ModelFiles` and `LibraryFiles` do. */
export async function modelFiles(
  model: ModelSettings,
  sources: FileSources,
  signal: AbortSignal,
): Promise<ModelOnDisk> {
  const companions = await companionPaths(driverOf(model.engineType), model, sources.companions);
  if (model.mode === 'online') return { ...NOTHING, companions };
  if (model.localPath === null) throw new AppError('no_model_file', { path: model.name });
  const path =
    model.engineType === 'vllm'
      ? await sources.files.resolveForVllm(model.localPath)
      : await sources.files.resolve(model.localPath);
  const header = /\.gguf$/i.test(path) ? await sources.headers.read(path, signal) : null;
  return { path, header, companions, config: await configIn(path), ...(await weightsOf(path)) };
}

/** Real paths of the files and folders that fields name, by the keys of `pathsOf`. */
export async function companionPaths(
  driver: EngineDriver,
  model: Pick<ModelSettings, 'fields'>,
  companions: LibraryFiles,
): Promise<Record<string, string>> {
  const paths: Record<string, string> = {};
  for (const { key, path, orHubId } of pathsOf(driver.table, model.fields)) {
    try {
      paths[key] = await companions.resolveEntry(path);
    } catch (error) {
      // What is nothing in the library and looks like a name on the hub is one.
      if (!orHubId || !(error instanceof AppError) || !HUB_ID.test(path)) throw error;
    }
  }
  return paths;
}

const HUB_ID = /^[\w.-]+(\/[\w.-]+)?$/;

/** Bounded, because it is anybody's file. */
async function configIn(folder: string): Promise<ModelConfig | null> {
  const path = join(folder, 'config.json');
  const facts = await stat(path).catch(() => null);
  if (facts === null || !facts.isFile() || facts.size > MOST_CONFIG_BYTES) return null;
  return readModelConfig(await readFile(path, 'utf8').catch(() => ''));
}

/** The weights of a model: a file with its parts, or what an engine would load of a folder. */
async function weightsOf(path: string): Promise<Pick<ModelOnDisk, 'bytes' | 'hasOnlyPickles'>> {
  const facts = await stat(path).catch(() => null);
  const paths = facts?.isDirectory() === true ? weightFiles(await readdir(path)) : partsOf(path);
  const sizes = await Promise.all(
    paths.map((part) =>
      // What cannot be read counts as empty.
      stat(join(facts?.isDirectory() === true ? path : '', part)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const hasOnlyPickles = paths.length > 0 && paths.every((part) => PICKLE.test(part));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), hasOnlyPickles };
}

const PICKLE = /\.(bin|pt|pth|ckpt)$/i;

function partsOf(path: string): readonly string[] {
  const parts = partPaths(path);
  return parts.length === 0 ? [path] : parts;
}

/** Many folders hold the same weights twice: as pickles beside SafeTensors, or in one file beside its parts. */
export function weightFiles(names: readonly string[]): readonly string[] {
  const tensors = names.filter((name) => /\.safetensors$/i.test(name));
  const parts = tensors.filter((name) => !/^consolidated/i.test(name));
  if (parts.length > 0) return parts;
  if (tensors.length > 0) return tensors;
  const pickles = names.filter((name) => PICKLE.test(name));
  return pickles.length > 0 ? pickles : names.filter((name) => /\.gguf$/i.test(name));
}
