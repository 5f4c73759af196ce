import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Backend } from '../../../contract/engines.ts';
import { AppError } from '../../../contract/errors.ts';
import { findCarriedPackages } from '../../adapters/engine-builds/carried-packages.ts';
import { commandEnvironment, runCommand } from '../../adapters/processes/command.ts';
import {
  knownLibraryFolders,
  missingLibraries,
  withLibraryFolders,
} from '../../adapters/engine-builds/shared-libraries.ts';
import type { ToolFacts } from './system-facts.ts';

/** Whether a tool is there, by running it. */
export async function toolVersion(tool: string, signal: AbortSignal): Promise<ToolFacts> {
  const outcome = await runCommand([tool, '--version'], { timeoutMs: 5000 }, signal);
  if (outcome.kind === 'not-found') return { kind: 'missing' };
  const line = outcome.stdout.split('\n')[0]?.trim() ?? '';
  return { kind: 'there', words: line === '' ? `${tool} is there` : line };
}

/** What the GPU libraries of the carried engine's packages would lack on this machine. */
export async function carriedNeeds(signal: AbortSignal): Promise<Partial<Record<Backend, string[]>>> {
  const packages = ((): ReturnType<typeof findCarriedPackages> | null => {
    try {
      return findCarriedPackages();
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  })();
  if (packages === null) return {};
  const env = withLibraryFolders(commandEnvironment(), knownLibraryFolders());
  const found = await Promise.all(
    packages.gpu.map(
      async ({ backend, file }) => [backend, await missingLibraries(file, process.execPath, env, signal)] as const,
    ),
  );
  return Object.fromEntries(found);
}

/** Bytes free for us at a folder, or at the nearest one above it that exists. */
export async function freeBytes(folder: string): Promise<number | null> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch {
      if (dirname(at) === at) return null;
    }
  }
}
