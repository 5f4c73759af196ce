import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { AppError } from '../../../contract/errors.ts';

/** Where the carried engine's parts lie in the installed npm packages. */
export interface CarriedPackages {
  /** llama.cpp's release these packages hold: "v0.5.0". */
  readonly version: string;
  /** The git bundle with llama.cpp's sources. */
  readonly bundle: string;
  /** The folder of shared libraries for the CPU. */
  readonly cpu: string;
  /** One library a GPU backend, to be laid beside the CPU's. */
  readonly gpu: readonly { readonly backend: 'cuda' | 'vulkan'; readonly file: string }[];
  /** Changes whenever any of these parts does. */
  readonly fingerprint: string;
}

const PackageFacts = z.object({ name: z.string(), version: z.string() });
const ReleaseFacts = z.object({ tag: z.string().regex(/^[A-Za-z0-9._-]+$/) });

/**
 * Finds the parts for this machine by module resolution.
 *
 * @throws AppError `engine_build_invalid` where the machine is no Linux or a package is missing, with what to do.
 */
export function findCarriedPackages(
  platform: string = process.platform,
  arch: string = process.arch,
  from: string | URL = import.meta.url,
): CarriedPackages {
  if (platform !== 'linux') {
    throw invalid(
      `The carried engine is assembled on Linux only, and this is ${platform}. Install a release build for this platform instead.`,
    );
  }
  const root = packageFolder('node-llama-cpp', from);
  const base = root && packageFolder(`@node-llama-cpp/linux-${arch}`, join(root, 'package.json'));
  if (root === null || base === null) {
    const missing = root === null ? 'node-llama-cpp' : `@node-llama-cpp/linux-${arch}`;
    throw invalid(
      isCheckout(from)
        ? `The package ${missing} is not installed, so the carried engine cannot be assembled. Run \`npm ci\` again without --omit=optional, or install a release build.`
        : 'This copy of the program came without the carried engine. Install a release build under Settings, Engine builds, or install the program’s own package again.',
    );
  }
  const bundle = join(root, 'llama', 'gitRelease.bundle');
  if (!existsSync(bundle)) {
    throw invalid(`${bundle} is missing. Run \`npm ci\` again, or install a release build.`);
  }
  const gpu = (['cuda', 'vulkan'] as const).flatMap((backend) => {
    const file = gpuLibrary(root, `linux-${arch}-${backend}`, `libggml-${backend}.so`);
    return file === null ? [] : [{ backend, file }];
  });
  const version = ReleaseFacts.parse(readJson(join(root, 'llama', 'llama.cpp.info.json'))).tag;
  const cpu = join(base, 'bins', `linux-${arch}`);
  return {
    version,
    bundle,
    cpu,
    gpu,
    fingerprint: fingerprint(version, [bundle, ...folderFiles(cpu), ...gpu.map((g) => g.file)]),
  };
}

/** Whether the program runs from its sources, where npm can install what is missing; its packages carry no lock file. */
function isCheckout(from: string | URL): boolean {
  let folder = dirname(from instanceof URL || from.startsWith('file:') ? fileURLToPath(from) : from);
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return existsSync(join(folder, 'package-lock.json'));
}

function invalid(reason: string): AppError {
  return new AppError('engine_build_invalid', { reason });
}

function gpuLibrary(root: string, name: string, library: string): string | null {
  const folder = packageFolder(`@node-llama-cpp/${name}`, join(root, 'package.json'));
  const file = folder && join(folder, 'bins', name, library);
  return file !== null && existsSync(file) ? file : null;
}

/** The folder of an installed package: upwards from its entry to the package.json that bears its name. */
function packageFolder(name: string, from: string | URL): string | null {
  let folder: string;
  try {
    folder = dirname(createRequire(from).resolve(name));
  } catch {
    return null;
  }
  while (dirname(folder) !== folder) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const facts = PackageFacts.safeParse(readJson(file));
      if (facts.success && facts.data.name === name) return folder;
    }
    folder = dirname(folder);
  }
  return null;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function folderFiles(folder: string): string[] {
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name));
}

/** Names and sizes tell packages of different versions apart without reading 300 MB. */
function fingerprint(version: string, files: readonly string[]): string {
  const hash = createHash('sha256').update(`${version}\n`);
  for (const file of files) hash.update(`${file.slice(file.lastIndexOf('/') + 1)} ${statSync(file).size}\n`);
  return hash.digest('hex');
}
