import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Backend, BackendCheck } from '../../../contract/engines.ts';
import { deviceBackend, judgeBackend } from './backend-verdict.ts';
import { type EngineProof, engineEnvironment, proveEngine } from './engine-proof.ts';
import { findGpus, type GpuPresence } from './gpu-presence.ts';
import { knownLibraryFolders, missingLibraries, withLibraryFolders } from './shared-libraries.ts';

/** What an installed llama-server can do on this machine, found by running it and by asking the loader. */
export interface EngineInspection {
  readonly proof: EngineProof;
  readonly checks: readonly BackendCheck[];
  readonly gpus: GpuPresence;
  /** Folders beyond the usual ones in which libraries were found that it needs. */
  readonly libraryFolders: readonly string[];
}

/**
 * Inspects a llama-server: runs it, and asks the loader about each backend library that lies beside it.
 *
 * @throws AppError `engine_build_invalid` where it does not run.
 */
export async function inspectEngine(executable: string, signal: AbortSignal): Promise<EngineInspection> {
  const [libraries, gpus] = await Promise.all([backendLibraries(dirname(executable)), findGpus()]);
  const plain = engineEnvironment(executable);
  const wider = withLibraryFolders(plain, knownLibraryFolders());
  const found = await Promise.all(
    libraries.map(async ({ backend, file }) => {
      const missing = await missingLibraries(file, executable, plain, signal);
      const stillMissing = missing.length === 0 ? missing : await missingLibraries(file, executable, wider, signal);
      return { backend, missing: stillMissing, widerHelped: stillMissing.length < missing.length };
    }),
  );
  const libraryFolders = found.some(({ widerHelped }) => widerHelped) ? knownLibraryFolders() : [];
  const proof = await proveEngine(executable, signal, libraryFolders);
  const backends = new Set<Backend>([...found.map(({ backend }) => backend), 'cpu']);
  for (const device of proof.devices) {
    const backend = deviceBackend(device);
    if (backend !== null) backends.add(backend);
  }
  const checks = [...backends].map((backend) =>
    judgeBackend(
      {
        backend,
        missing: found.find((entry) => entry.backend === backend)?.missing ?? [],
        devices: proof.devices.filter((device) => deviceBackend(device) === backend),
      },
      gpus,
    ),
  );
  return { proof, checks, gpus, libraryFolders };
}

const BACKEND_OF_LIBRARY: Readonly<Record<string, Backend>> = {
  cuda: 'cuda',
  vulkan: 'vulkan',
  hip: 'rocm',
  metal: 'metal',
};

async function backendLibraries(folder: string): Promise<{ backend: Backend; file: string }[]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name) => {
    const kind = /^(?:lib)?ggml-([a-z]+)\.(?:so|dll|dylib)$/.exec(name)?.[1];
    const backend = kind === undefined ? undefined : BACKEND_OF_LIBRARY[kind];
    return backend === undefined ? [] : [{ backend, file: join(folder, name) }];
  });
}
