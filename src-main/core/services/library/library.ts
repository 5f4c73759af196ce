import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../../contract/errors.ts';
import type { FolderInspection, LibraryFolder } from '../../../contract/library.ts';
import { partPaths } from '../../../domain/gguf/parts.ts';
import type { FileInspector } from '../../adapters/inspector/file-inspector.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LibraryFiles } from '../../ports/library-files.ts';
import type { ModelFiles } from '../../ports/model-files.ts';
import type { LibraryFolderTable } from '../../store/library-folders.ts';
import type { SettingTable } from '../../store/settings.ts';
import { FolderInspector } from './folder-inspector.ts';
import { isStartable } from './gguf-groups.ts';
import { acceptRoot, confine, type LibraryRoots, realOrSame, requireFile } from './library-roots.ts';
import { subfolders } from './subfolders.ts';

export interface LibraryOptions {
  readonly folders: LibraryFolderTable;
  readonly settings: SettingTable;
  readonly clock: Clock;
  readonly inspector: FileInspector;
  /** The base directory until the owner sets another one. */
  readonly initialBaseDir: string;
  readonly dataDir: string;
  /** Folders of the program's own in which models may lie: the self-test model's. */
  readonly builtInFolders: readonly string[];
  /** Names of the models whose files lie in a folder. */
  readonly modelsIn: (folder: string) => readonly string[];
}

const BASE_DIR = 'models_base_dir';
const INSPECTION_MS = 120_000;

/** Which folders models may lie in, and what lies there. Every path is confined to them after its links are resolved. */
export class Library implements ModelFiles, LibraryFiles {
  readonly #options: LibraryOptions;
  readonly #inspector: FolderInspector;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#inspector = new FolderInspector(options.inspector);
  }

  baseDir(): string {
    return this.#options.settings.read(BASE_DIR, z.string().min(1)) ?? resolve(this.#options.initialBaseDir);
  }

  /** @throws AppError `path_not_absolute`, `path_not_found`, `path_not_a_folder`, `folder_not_allowed`. */
  async setBaseDir(path: string): Promise<string> {
    await acceptRoot(path, this.#options.dataDir);
    this.#options.settings.write(BASE_DIR, resolve(path));
    return this.baseDir();
  }

  /** The base directory first. */
  async folders(): Promise<LibraryFolder[]> {
    const base = this.baseDir();
    const added = this.#options.folders.list().filter((path) => path !== base);
    return Promise.all(
      [base, ...added].map(async (path) => ({ path, base: path === base, exists: await isFolder(path) })),
    );
  }

  /** @throws AppError as `setBaseDir`. Adding a folder twice is no error. */
  async addFolder(path: string): Promise<LibraryFolder> {
    const real = await acceptRoot(path, this.#options.dataDir);
    const isBase = real === (await realOrSame(this.baseDir()));
    if (!isBase) this.#options.folders.add(real, this.#options.clock.now());
    return { path: isBase ? this.baseDir() : real, base: isBase, exists: true };
  }

  /** Takes a folder from the library; its files stay. @throws AppError `folder_in_use`, `folder_not_allowed`, `not_found`. */
  async removeFolder(path: string): Promise<void> {
    if (resolve(path) === this.baseDir()) {
      throw new AppError('folder_not_allowed', { path, reason: 'it is the models directory; set another one instead' });
    }
    const candidates = [path, resolve(path), await realOrSame(path)];
    const known = this.#options.folders.list().find((folder) => candidates.includes(folder));
    if (known === undefined) throw new AppError('not_found', { what: `The library folder "${path}"` });
    const models = this.#options.modelsIn(known);
    if (models.length > 0) throw new AppError('folder_in_use', { path: known, models });
    this.#options.folders.remove(known);
  }

  /** Names of the direct sub-folders of the base directory or of another library folder, sorted. */
  async localFolders(base?: string): Promise<string[]> {
    return subfolders(await this.#confinedFolder(base ?? this.baseDir()));
  }

  /** What is in `folder` below `base` (the base directory when left out). */
  async inspectFolder(
    base: string | undefined,
    folder: string,
    signal = AbortSignal.timeout(INSPECTION_MS),
  ): Promise<FolderInspection> {
    const root = resolve(this.baseDir(), base ?? '');
    const real = await this.#confinedFolder(folder === '' ? root : resolve(root, folder));
    return this.#inspector.inspect(real, this.#roots(), signal);
  }

  async resolve(path: string): Promise<string> {
    const real = await confine(path, this.#roots());
    if (await isFolder(real)) return this.#onlyModelIn(path, real);
    // The name as it was given, in its real folder: parts are found by their names, which a cache's links hide.
    const given = resolve(this.baseDir(), path);
    const named = join(await realpath(dirname(given)), basename(given));
    if (!/\.gguf$/i.test(named)) throw new AppError('no_model_file', { path });
    const parts = partPaths(named);
    if (parts.length === 0) await requireFile(real, path);
    // The engine opens the other parts by itself, wherever a link may lead.
    for (const part of parts) await requireFile(await confine(part, this.#roots()), part === named ? path : part);
    return parts[0] ?? real;
  }

  async resolveForVllm(path: string): Promise<string> {
    const real = await confine(path, this.#roots());
    if (await isFolder(real)) return real;
    return this.resolve(path);
  }

  async resolveFile(path: string): Promise<string> {
    const real = await confine(path, this.#roots());
    await requireFile(real, path);
    return real;
  }

  async resolveEntry(path: string): Promise<string> {
    const real = await confine(path, this.#roots());
    if (!(await isFolder(real))) await requireFile(real, path);
    return real;
  }

  async #onlyModelIn(path: string, real: string): Promise<string> {
    const inspection = await this.#inspector.inspect(real, this.#roots(), AbortSignal.timeout(INSPECTION_MS));
    const models = inspection.gguf_groups.filter(isStartable);
    const only = models[0];
    if (only === undefined) throw new AppError('no_model_file', { path });
    if (models.length > 1) {
      throw new AppError('several_model_files', { path, files: models.map(({ files }) => files[0] ?? '') });
    }
    return this.resolve(only.path);
  }

  async #confinedFolder(path: string): Promise<string> {
    const real = await confine(path, this.#roots());
    if (!(await isFolder(real))) throw new AppError('path_not_a_folder', { path });
    return real;
  }

  #roots(): LibraryRoots {
    const baseDir = this.baseDir();
    const { folders, builtInFolders, dataDir } = this.#options;
    return { baseDir, all: [baseDir, ...folders.list(), ...builtInFolders], dataDir };
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
