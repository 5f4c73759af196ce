import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { proveEngine } from '../../../../../src-main/core/adapters/engine-builds/engine-proof.ts';

const engineDir = inject('engineDir');

test('the carried engine is a llama-server that runs and names its version', async () => {
  const proof = await proveEngine(join(engineDir, 'llama-server'), AbortSignal.timeout(30_000));
  expect(proof.version).toMatch(/^0\.5\.0/);
});

test('it brings every library it needs, found in its own folder', () => {
  const words = execFileSync('ldd', [join(engineDir, 'llama-server')], { encoding: 'utf8' });
  expect(words).not.toContain('not found');
  expect(words).toContain(join(engineDir, 'libllama-common.so'));
  expect(readdirSync(engineDir).filter((name) => name.startsWith('libggml-cpu-')).length).toBeGreaterThan(0);
});
