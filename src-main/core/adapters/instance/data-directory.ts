import { mkdirSync, statSync } from 'node:fs';
import { dirname, parse } from 'node:path';

/** The data directory cannot serve; the message says why and what to do. */
export class DataDirectoryError extends Error {
  constructor(path: string, reason: string, cause: unknown) {
    super(`The data directory ${path} cannot be used: ${reason}. Choose another with --data-dir.`, { cause });
    this.name = 'DataDirectoryError';
  }
}

/**
 * Makes the directory and its parents, for this user alone. One level at a time: node's own recursive mkdir never ends
 * where a parent refuses with "no such file" (below /proc, say).
 */
export function ensureDataDirectory(path: string): void {
  const missing: string[] = [];
  try {
    for (let at = path; !isDirectory(at); at = dirname(at)) {
      if (at === parse(at).root) throw new Error('it has no root');
      missing.unshift(at);
    }
    for (const level of missing) mkdirSync(level, { mode: 0o700 });
  } catch (error) {
    throw new DataDirectoryError(path, reasonOf(error), error);
  }
}

function isDirectory(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR', path });
  return found !== undefined;
}

/** Words for what the system said; used for whatever fails first in a directory that cannot be written. */
export function reasonOf(error: unknown): string {
  const { code, path } = error as { code?: string; path?: string };
  const where = path === undefined ? 'it' : path;
  if (
    code === 'EACCES' ||
    code === 'EPERM' ||
    code === 'EROFS' ||
    code === 'SQLITE_READONLY' ||
    code === 'SQLITE_CANTOPEN'
  )
    return 'this user may not write there';
  if (code === 'ENOTDIR' || code === 'EEXIST') return `${where} is not a folder`;
  if (code === 'ENOSPC') return 'the disk is full';
  if (code === 'ENOENT') return 'no folder can be made there';
  return error instanceof Error ? error.message : String(error);
}
