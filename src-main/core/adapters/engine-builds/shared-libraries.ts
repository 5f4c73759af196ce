import { existsSync } from 'node:fs';
import { runCommand, searchPath } from '../processes/command.ts';

/** Where CUDA's libraries lie when an installer did not tell the loader. */
const CUDA_FOLDERS = [
  '/usr/local/cuda/lib64',
  '/usr/local/cuda-13/lib64',
  '/usr/local/cuda/targets/x86_64-linux/lib',
  '/usr/local/cuda/targets/sbsa-linux/lib',
  '/opt/cuda/lib64',
  '/usr/lib/wsl/lib',
] as const;

export function knownLibraryFolders(): string[] {
  return CUDA_FOLDERS.filter((folder) => existsSync(folder));
}

/**
 * The shared libraries that `library` needs, directly or through others, and that the system's loader does not find.
 * The loader itself is asked, in its tracing mode in which no code of either file runs; `program` is any dynamically
 * linked executable, best the one that will load the library.
 */
export async function missingLibraries(
  library: string,
  program: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string[]> {
  const outcome = await runCommand(
    [program],
    { env: { ...env, LD_TRACE_LOADED_OBJECTS: '1', LD_PRELOAD: library }, timeoutMs: 10_000 },
    signal,
  );
  return outcome.kind === 'exited' ? parseMissing(outcome.stdout) : [];
}

/** From the loader's lines `\tlibcublas.so.13 => not found`. */
export function parseMissing(trace: string): string[] {
  return [...new Set([...trace.matchAll(/^\s*(\S+) => not found$/gm)].map((line) => line[1] ?? ''))];
}

/** `env` with more folders at the end of its library search path. */
export function withLibraryFolders(
  env: Readonly<Record<string, string>>,
  folders: readonly string[],
): Record<string, string> {
  return { ...env, LD_LIBRARY_PATH: searchPath(env['LD_LIBRARY_PATH'], ...folders) };
}
