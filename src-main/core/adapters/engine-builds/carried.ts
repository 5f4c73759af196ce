import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import type { CarriedPackages } from './carried-packages.ts';
import { type CompileUnit, isServerSource, linkArguments, linkedLibraries } from './carried-recipe.ts';
import { commandEnvironment, runCommand } from '../processes/command.ts';
import { compileAll, expectSuccess } from './compile.ts';
import { type EngineProof, proveEngine } from './engine-proof.ts';

/** What is being done, and how much of the whole is done, 0 to 1. */
export type ReportStep = (step: string, fraction: number) => void;

export interface CarriedBuildRequest {
  readonly packageDirs: CarriedPackages;
  /** Where our own `ui.h` and `ui.cpp` lie. */
  readonly sourcesDir: string;
  /** The folder to make. It appears whole, by rename, or not at all. */
  readonly targetDir: string;
  readonly report: ReportStep;
  readonly signal: AbortSignal;
}

const QUICK_MS = 20_000;
const CLONE_MS = 120_000;
const LINK_MS = 300_000;

/**
 * Assembles llama-server from what npm's node-llama-cpp carries: its prebuilt libraries and the matching sources, of
 * which only the server itself is compiled (63 files, a minute or two on two cores). Needs `git` and `g++`, no network.
 *
 * @throws AppError `engine_build_invalid` with one sentence that says what is missing and how to get it.
 */
export async function assembleCarriedBuild(request: CarriedBuildRequest): Promise<EngineProof> {
  const { targetDir, signal, report } = request;
  await requireTools(signal);
  // Beside the target: the last rename stays on one file system, and a killed program's remains are found there.
  await mkdir(dirname(targetDir), { recursive: true });
  const work = await mkdtemp(join(dirname(targetDir), `.${basename(targetDir)}-work-`));
  const staging = await mkdtemp(join(dirname(targetDir), `.${basename(targetDir)}-`));
  try {
    report('Unpacking llama.cpp’s sources', 0);
    await clone(request.packageDirs, join(work, 'tree'), signal);
    await copyLibraries(request.packageDirs, staging);
    await compileAndLink(request, work, staging);
    await copyLicences(join(work, 'tree'), staging);
    report('Trying the engine', 0.97);
    const proof = await proveEngine(join(staging, 'llama-server'), signal);
    await rm(targetDir, { recursive: true, force: true });
    await rename(staging, targetDir);
    report('Done', 1);
    return proof;
  } finally {
    await rm(work, { recursive: true, force: true });
    await rm(staging, { recursive: true, force: true });
  }
}

/** @throws AppError `engine_build_invalid` that names the missing tools and the cure. */
export async function requireTools(signal: AbortSignal): Promise<void> {
  const tools = ['g++', 'gcc', 'git'] as const;
  const outcomes = await Promise.all(
    tools.map((tool) => runCommand([tool, '--version'], { timeoutMs: QUICK_MS }, signal)),
  );
  const missing = tools.filter((_, at) => outcomes[at]?.kind === 'not-found');
  if (missing.length === 0) return;
  throw new AppError('engine_build_invalid', {
    reason: `Assembling the carried engine needs ${missing.join(' and ')}, not found on this machine. Run \`apt install g++ git\` (or your distribution's equivalent), or install a release build.`,
  });
}

async function clone(packages: CarriedPackages, tree: string, signal: AbortSignal): Promise<void> {
  const env = commandEnvironment({
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
  });
  const quiet = ['-c', 'advice.detachedHead=false', '-c', 'core.autocrlf=false'] as const;
  const outcome = await runCommand(
    ['git', ...quiet, 'clone', '--quiet', packages.bundle, tree],
    { env, timeoutMs: CLONE_MS },
    signal,
  );
  expectSuccess(outcome, 'Unpacking the sources of llama.cpp');
}

async function copyLibraries(packages: CarriedPackages, folder: string): Promise<void> {
  const names = (await readdir(packages.cpu)).filter((name) => name.endsWith('.so'));
  const files = [...names.map((name) => join(packages.cpu, name)), ...packages.gpu.map(({ file }) => file)];
  for (const file of files) await cp(file, join(folder, basename(file)));
}

async function compileAndLink(request: CarriedBuildRequest, work: string, staging: string): Promise<void> {
  const { report, signal, sourcesDir } = request;
  const tree = join(work, 'tree');
  const objects = join(work, 'objects');
  // Compilers that are killed leave their temporary files: here they go with the rest.
  const env = commandEnvironment({ TMPDIR: join(work, 'temporary') });
  for (const folder of [objects, join(work, 'temporary')]) await mkdir(folder);
  const libraries = linkedLibraries(await readdir(staging));
  if (libraries === null) {
    throw new AppError('engine_build_invalid', {
      reason: `${request.packageDirs.cpu} lacks a library of llama.cpp. Run \`npm ci\` again.`,
    });
  }
  const sources = [...(await serverSources(tree)), resolve(sourcesDir, 'ui.cpp')];
  const units = sources.map((source, at): CompileUnit => ({
    source,
    object: join(objects, `${at}-${basename(source)}.o`),
  }));
  await compileAll(
    {
      env,
      tree,
      uiFolder: resolve(sourcesDir),
      units,
      report: (share, done, total) => report(`Compiling llama-server, ${done} of ${total} files`, 0.04 + share * 0.88),
    },
    signal,
  );
  report('Linking llama-server', 0.92);
  const argv = linkArguments(
    units.map(({ object }) => object),
    staging,
    libraries,
    join(staging, 'llama-server'),
  );
  expectSuccess(await runCommand(argv, { env, timeoutMs: LINK_MS }, signal), 'Linking llama-server');
}

async function serverSources(tree: string): Promise<string[]> {
  const roots = ['tools/server', 'tools/mtmd', 'vendor/hash'];
  const listed = await Promise.all(
    roots.map(async (root) => (await readdir(join(tree, root), { recursive: true })).map((name) => `${root}/${name}`)),
  );
  return listed.flat().filter(isServerSource).toSorted();
}

/** Their terms ask that the notices travel with the binary. */
async function copyLicences(tree: string, folder: string): Promise<void> {
  const notices = [
    'LICENSE',
    'licenses/LICENSE-jsonhpp',
    'vendor/hash/sha256/LICENSE',
    'vendor/hash/rotate-bits/LICENSE.md',
  ];
  await mkdir(join(folder, 'licences'));
  for (const notice of notices) {
    await cp(join(tree, notice), join(folder, 'licences', notice.replaceAll('/', '-')), { force: true });
  }
  await writeFile(
    join(folder, 'licences', 'README'),
    'llama-server and its libraries: llama.cpp, MIT licence, with the parts named here. Assembled from npm node-llama-cpp.\n',
  );
}
