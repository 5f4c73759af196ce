import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findCarriedPackages } from '../../../../../src-main/core/adapters/engine-builds/carried-packages.ts';
import { isServerSource, linkedLibraries } from '../../../../../src-main/core/adapters/engine-builds/carried-recipe.ts';
import { assembleCarriedBuild } from '../../../../../src-main/core/adapters/engine-builds/carried.ts';
import { runCommand } from '../../../../../src-main/core/adapters/processes/command.ts';
import { runningCommands } from '../../../../fakes/running-commands.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cortex-carried-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const packages = {
  version: 'v0.5.0',
  bundle: '/nowhere/gitRelease.bundle',
  cpu: '/nowhere',
  gpu: [],
  fingerprint: '',
} as const;

test('another system is told what to do instead', () => {
  expect(() => findCarriedPackages('darwin', 'arm64')).toThrow('Install a release build for this platform instead');
});

test('packages left out of the install are named with the cure', () => {
  mkdirSync(join(root, 'out/main'), { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) writeFileSync(join(root, name), '{}');
  const from = pathToFileURL(join(root, 'out/main/index.js'));
  expect(() => findCarriedPackages('linux', 'x64', from)).toThrow('node-llama-cpp is not installed');
  expect(() => findCarriedPackages('linux', 'sparc')).toThrow('@node-llama-cpp/linux-sparc is not installed');
});

test('a packaged program that came without its engine does not send anybody to npm', () => {
  // As in resources/app.asar of a package, below somebody’s own project.
  mkdirSync(join(root, 'app/out/main'), { recursive: true });
  for (const name of ['package-lock.json', 'app/package.json']) writeFileSync(join(root, name), '{}');
  const find = () => findCarriedPackages('linux', 'x64', pathToFileURL(join(root, 'app/out/main/index.js')));
  expect(find).toThrow(/Install a release build under Settings.*or install the program’s own package again/);
  expect(find).not.toThrow(/npm/);
});

test('without a compiler and git it says which to install, and leaves nothing behind', async () => {
  vi.stubEnv('PATH', root);
  const targetDir = join(root, 'engines', 'carried');
  const request = { packageDirs: packages, sourcesDir: root, targetDir, report: () => undefined };
  await expect(assembleCarriedBuild({ ...request, signal: AbortSignal.timeout(5000) })).rejects.toMatchObject({
    code: 'engine_build_invalid',
    message: expect.stringMatching(/needs g\+\+ and gcc and git.*apt install g\+\+ git/),
  });
  expect(readdirSync(root)).toEqual([]);
});

test('a damaged bundle fails with git’s own words and leaves nothing behind', async () => {
  writeFileSync(join(root, 'bad.bundle'), 'not a bundle');
  mkdirSync(join(root, 'cpu'));
  const targetDir = join(root, 'engines', 'carried');
  await expect(
    assembleCarriedBuild({
      packageDirs: { ...packages, bundle: join(root, 'bad.bundle'), cpu: join(root, 'cpu') },
      sourcesDir: 'resources/engine',
      targetDir,
      report: () => undefined,
      signal: AbortSignal.timeout(20_000),
    }),
  ).rejects.toMatchObject({ message: expect.stringContaining('Unpacking the sources of llama.cpp failed') });
  expect(readdirSync(join(root, 'engines'))).toEqual([]);
});

test('the server’s own files are compiled, the other programs are not', () => {
  const paths = [
    'tools/server/server.cpp',
    'tools/mtmd/models/siglip.cpp',
    'tools/mtmd/mtmd-cli.cpp',
    'tools/mtmd/debug/mtmd-debug.cpp',
    'tools/server/tests/x.cpp',
    'vendor/hash/hash.cpp',
    'vendor/hash/sha1/sha1.c',
  ];
  expect(paths.filter(isServerSource)).toEqual([
    'tools/server/server.cpp',
    'tools/mtmd/models/siglip.cpp',
    'vendor/hash/hash.cpp',
  ]);
});

test('the libraries are found by what they are, whatever release is in their names', () => {
  const names = ['libllama-common.so', 'libllama.v0.6.1.so', 'libggml.v0.6.1.so', 'libggml-base.so', 'libggml-cuda.so'];
  expect(linkedLibraries(names)).toEqual([
    'libllama-common.so',
    'libllama.v0.6.1.so',
    'libggml.v0.6.1.so',
    'libggml-base.so',
  ]);
  expect(linkedLibraries(names.slice(1))).toBeNull();
});

test('a command that hangs is ended with all that it started', async () => {
  const seconds = `30.${process.pid}`;
  const argv = ['bash', '-c', `sleep ${seconds} & wait`] as const;
  const outcome = await runCommand([...argv], { timeoutMs: 300 }, AbortSignal.timeout(5000));
  expect(outcome.kind).toBe('timed-out');
  expect(runningCommands(seconds)).toEqual([]);
});
