import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import { partPaths } from '../../../domain/gguf/parts.ts';
import type { Mount } from '../../ports/containers.ts';
import type { LibraryFiles } from '../../ports/library-files.ts';

const MOST_FILES = 2000;

/** How a file or folder of this machine is seen inside a container. */
export interface Mounted {
  readonly mounts: readonly Mount[];
  /** Its path inside. */
  readonly inside: string;
  /** All may read what is mounted. */
  readonly worldReadable: boolean;
  /** Who owns it. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

/**
 * Mounts a model read-only, and nothing beside it: a file with its parts one by one, a folder as a whole. A folder of
 * links (the hub's cache) is mounted file by file, because its links lead out of it; each must stay inside the library.
 * Throws AppError `path_outside_library`.
 */
export async function mountModel(path: string, dir: string, library: LibraryFiles): Promise<Mounted> {
  const facts = await stat(path);
  if (!facts.isDirectory()) return mountFile(path, dir);
  const inside = `${dir}/${basename(path)}`;
  const files = await filesOf(path);
  const real = await Promise.all(files.map((file) => realpath(join(path, file))));
  const leavesFolder = real.some((file) => !file.startsWith(`${path}${sep}`));
  const access = await accessOf([path, ...real]);
  if (!leavesFolder) return { mounts: [{ source: path, target: inside, readOnly: true }], inside, ...access };
  const mounts = await Promise.all(
    files.map(async (file) => ({
      source: await library.resolveFile(join(path, file)),
      target: `${inside}/${file.split(sep).join('/')}`,
      readOnly: true,
    })),
  );
  return { mounts, inside, ...access };
}

/** One file, and the other parts of a split model. */
async function mountFile(path: string, dir: string): Promise<Mounted> {
  const parts = partPaths(path);
  const names = parts.length === 0 ? [path] : parts;
  const sources = await Promise.all(names.map((part) => realpath(part)));
  const mounts = sources.map((source, n) => ({
    source,
    target: `${dir}/${basename(names[n] ?? path)}`,
    readOnly: true,
  }));
  return { mounts, inside: `${dir}/${basename(path)}`, ...(await accessOf(sources)) };
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  if (files.length > MOST_FILES) {
    const issues = [
      { field: 'local_path', message: `holds more than ${MOST_FILES} files; choose the model’s own folder` },
    ];
    throw new AppError('validation_failed', { issues });
  }
  return files.map((file) => relative(folder, file));
}

async function accessOf(paths: readonly string[]): Promise<Pick<Mounted, 'worldReadable' | 'owner'>> {
  const all = await Promise.all(paths.map((path) => stat(path)));
  const closed = all.find((facts) => (facts.mode & 0o004) === 0);
  const { uid, gid } = closed ?? all[0] ?? { uid: 0, gid: 0 };
  return { worldReadable: closed === undefined, owner: { uid, gid } };
}
