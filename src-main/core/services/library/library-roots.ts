import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { AppError } from '../../../contract/errors.ts';

/** Where models may lie, as given (not yet resolved). */
export interface LibraryRoots {
  readonly baseDir: string;
  /** All of them, the base directory included. */
  readonly all: readonly string[];
  /** Holds keys and the database; open to no model path, except through a root that lies inside it. */
  readonly dataDir: string;
}

/** Folders of the system whose contents are no models. */
const SYSTEM_FOLDERS = ['/proc', '/sys', '/dev', '/etc', '/boot'];

/**
 * The real path behind one that is absolute or relative to the base directory, links resolved and inside a root.
 *
 * @throws AppError `path_outside_library`, `path_not_found`, `path_not_readable`.
 */
export async function confine(path: string, roots: LibraryRoots): Promise<string> {
  if (path.includes('\0')) throw new AppError('path_not_found', { path: path.replaceAll('\0', '') });
  const full = isAbsolute(path) ? resolve(path) : resolve(roots.baseDir, path);
  const realRoots = await Promise.all(roots.all.map(realOrSame));
  let real: string;
  try {
    real = await realpath(full);
  } catch (error) {
    // Whether something exists outside is nobody's business.
    if (![...roots.all, ...realRoots].some((root) => isInside(root, full))) {
      throw new AppError('path_outside_library', { path });
    }
    throw unreadable(path, error);
  }
  const holding = realRoots.filter((root) => isInside(root, real));
  const dataDir = await realOrSame(roots.dataDir);
  const isOurs = isInside(dataDir, real) && !holding.some((root) => root !== dataDir && isInside(dataDir, root));
  if (holding.length === 0 || isOurs) throw new AppError('path_outside_library', { path });
  return real;
}

/**
 * The real path of a folder that is to become a root.
 *
 * @throws AppError `path_not_absolute`, `path_not_found`, `path_not_a_folder`, `folder_not_allowed`.
 */
export async function acceptRoot(path: string, dataDir: string): Promise<string> {
  if (!isAbsolute(path)) throw new AppError('path_not_absolute', { path });
  const real = await realpath(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!(await stat(real)).isDirectory()) throw new AppError('path_not_a_folder', { path });
  if (real === resolve('/')) throw new AppError('folder_not_allowed', { path, reason: 'it is the whole file system' });
  if (SYSTEM_FOLDERS.some((folder) => isInside(folder, real) && process.platform !== 'win32')) {
    throw new AppError('folder_not_allowed', { path, reason: 'it belongs to the system' });
  }
  if (real === (await realOrSame(dataDir))) {
    throw new AppError('folder_not_allowed', { path, reason: 'it is the program’s own data directory' });
  }
  return real;
}

/**
 * That a confined real path is a regular file: opening a pipe would wait for ever, and a device may do anything.
 *
 * @throws AppError `path_not_readable`, `path_not_found`; they name the path as `shown`.
 */
export async function requireFile(real: string, shown: string): Promise<void> {
  const facts = await stat(real).catch((error: unknown) => {
    throw unreadable(shown, error);
  });
  if (facts.isFile()) return;
  throw new AppError('path_not_readable', { path: shown, reason: `it is ${kindOf(facts)}, not a file` });
}

function kindOf(facts: Stats): string {
  if (facts.isFIFO()) return 'a named pipe';
  if (facts.isSocket()) return 'a socket';
  return facts.isDirectory() ? 'a folder' : 'a device';
}

/** Whether `path` is `folder` or lies in it; both absolute. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** As it is to be kept in a model: relative inside the base directory, absolute elsewhere. */
export function localPath(real: string, realBase: string): string {
  return isInside(realBase, real) && real !== realBase ? relative(realBase, real) : real;
}

export async function realOrSame(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}

function unreadable(path: string, error: unknown): AppError {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  if (code === 'ENOENT' || code === 'ENOTDIR') return new AppError('path_not_found', { path });
  const reason = { EACCES: 'permission denied', EPERM: 'permission denied', ELOOP: 'its links go in a circle' }[code];
  return new AppError('path_not_readable', { path, reason: reason ?? code }, { cause: error });
}
