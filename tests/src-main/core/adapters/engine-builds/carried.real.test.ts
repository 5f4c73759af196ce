import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { engineEnvironment, proveEngine } from '../../../../../src-main/core/adapters/engine-builds/engine-proof.ts';
import {
  missingLibraries,
  withLibraryFolders,
} from '../../../../../src-main/core/adapters/engine-builds/shared-libraries.ts';

const engineDir = inject('engineDir');
const server = join(engineDir, 'llama-server');
const soon = () => AbortSignal.timeout(30_000);

test('the carried engine is a llama-server that runs and names its version', async () => {
  const proof = await proveEngine(server, soon());
  expect(proof.version).toMatch(/^0\.5\.0/);
});

test('it brings every library it needs for the CPU', async () => {
  const libraries = readdirSync(engineDir).filter((name) => name.startsWith('libggml-cpu'));
  expect(libraries.length).toBeGreaterThan(0);
  for (const library of libraries) {
    expect(await missingLibraries(join(engineDir, library), server, engineEnvironment(server), soon())).toEqual([]);
  }
});

test('a library that a backend lacks is named by the loader, and found once its folder is searched', async () => {
  const root = mkdtempSync(join(tmpdir(), 'cortex-loader-'));
  writeFileSync(join(root, 'empty.c'), '');
  const compile = (args: string[]) => execFileSync('gcc', ['-shared', ...args], { cwd: root });
  compile(['empty.c', '-Wl,-soname,libcudart.so.99', '-o', 'libcudart.so.99']);
  compile(['empty.c', '-Wl,--no-as-needed', '-L.', '-l:libcudart.so.99', '-o', 'libggml-cuda.so']);
  const library = join(root, 'libggml-cuda.so');
  const env = engineEnvironment(server);
  expect(await missingLibraries(library, server, env, soon())).toEqual(['libcudart.so.99']);
  expect(await missingLibraries(library, server, withLibraryFolders(env, [root]), soon())).toEqual([]);
  rmSync(root, { recursive: true });
});
