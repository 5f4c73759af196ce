import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** Each of the three defences of the layers must really refuse: a rule that never fires defends nothing. */
const ROOT = resolve(import.meta.dirname, '../..');
let tree: string;

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'cortex-layers-'));
  symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'));
  for (const file of [
    'package.json',
    'tsconfig.base.json',
    '.oxlintrc.json',
    '.dependency-cruiser.cjs',
    'src-main/universal.d.ts',
  ])
    copy(file);
  for (const layer of ['domain', 'contract', 'core', 'api', 'gateway', 'shell'])
    copy(`src-main/${layer}/tsconfig.json`);
  for (const folder of ['src-preload', 'src-renderer']) copy(`${folder}/tsconfig.json`);
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

function copy(file: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  cpSync(join(ROOT, file), join(tree, file));
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), text);
}

function runTool(name: string, ...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules', '.bin', name), args, {
    cwd: tree,
    encoding: 'utf8',
  });
  return { code: status, output: stdout + stderr };
}

describe('a tsconfig a layer', () => {
  test.each([
    ['src-main/domain', 'export const home = process.env;', 'process'],
    ['src-main/domain', "export const answer = fetch('http://localhost');", 'fetch'],
    ['src-main/contract', 'export const page = document.title;', 'document'],
    ['src-main/contract', "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;", 'node:fs'],
    ['src-main/core', 'export const page = document.title;', 'document'],
    ['src-renderer', 'export const home = process.env;', 'process'],
  ])('%s: %s does not compile', (layer, text, name) => {
    write(`${layer}/offender.ts`, text);
    const { code, output } = runTool('tsc', '-p', layer);
    expect(code).not.toBe(0);
    expect(output).toContain(name);
  });

  test('what the pure layers may use does compile', () => {
    write(
      'src-main/domain/honest.ts',
      "import { z } from 'zod';\nexport const size = (text: string) => new TextEncoder().encode(z.string().parse(text)).length;",
    );
    expect(runTool('tsc', '-p', 'src-main/domain')).toEqual({ code: 0, output: '' });
  });
});

describe('import rules of oxlint', () => {
  test.each([
    ['src-main/domain/offender.ts', 'node:fs'],
    ['src-main/domain/offender.ts', '../contract/errors.ts'],
    ['src-main/contract/offender.ts', '@orpc/server'],
    ['src-main/contract/offender.ts', '../core/control-center.ts'],
    ['src-main/core/offender.ts', 'electron'],
    ['src-main/core/offender.ts', 'express'],
    ['src-main/core/offender.ts', '@orpc/server'],
    ['src-main/api/offender.ts', 'electron'],
    ['src-main/gateway/offender.ts', '@orpc/server'],
    ['src-preload/offender.ts', 'node:fs'],
    ['src-renderer/offender.ts', 'electron'],
    ['src-renderer/offender.ts', '../src-main/core/control-center.ts'],
  ])('%s may not import %s', (file, target) => {
    write(file, `import * as thing from '${target}';\nexport const offence = thing;\n`);
    const { code, output } = runTool('oxlint', '--quiet', file);
    expect(output).toContain('no-restricted-imports');
    expect(code).not.toBe(0);
  });

  test('an allowed import passes', () => {
    write('src-main/domain/other.ts', 'export const b = 1;\n');
    write(
      'src-main/domain/honest.ts',
      "import { z } from 'zod';\nimport { b } from './other.ts';\nexport const a = [z, b];\n",
    );
    expect(runTool('oxlint', '--quiet', 'src-main/domain/honest.ts').code).toBe(0);
  });
});

describe('dependency-cruiser', () => {
  test.each([
    ['domain-is-pure', 'src-main/domain/offender.ts', 'src-main/contract/target.ts'],
    ['contract-knows-domain', 'src-main/contract/offender.ts', 'src-main/core/target.ts'],
    ['core-is-a-node-program', 'src-main/core/offender.ts', 'src-main/api/target.ts'],
    ['api-maps-contract-to-services', 'src-main/api/offender.ts', 'src-main/core/store/target.ts'],
    ['gateway-knows-services-and-domain', 'src-main/gateway/offender.ts', 'src-main/api/target.ts'],
    ['renderer-knows-the-contract', 'src-renderer/api/offender.ts', 'src-main/core/target.ts'],
    ['features-are-strangers', 'src-renderer/features/models/offender.ts', 'src-renderer/features/usage/target.ts'],
    ['the-kit-knows-no-feature', 'src-renderer/ui/offender.ts', 'src-renderer/features/usage/target.ts'],
    ['only-the-shell-knows-electron', 'src-main/gateway/offender.ts', 'electron'],
    ['orpc-has-three-homes', 'src-main/gateway/offender.ts', '@orpc/client'],
  ])('%s: %s may not import %s', (rule, file, target) => {
    const isFile = target.startsWith('src-');
    if (isFile) write(target, 'export const target = 1;\n');
    write(
      file,
      `import * as thing from '${isFile ? `${'../'.repeat(file.split('/').length - 1)}${target}` : target}';\nexport const offence = thing;\n`,
    );
    const { code, output } = runTool('depcruise', '--config', '.dependency-cruiser.cjs', 'src-main', 'src-renderer');
    expect(output).toContain(rule);
    expect(code).not.toBe(0);
  });

  test('a circle is found', () => {
    write('src-main/domain/a.ts', "import { b } from './b.ts';\nexport const a = () => b;\n");
    write('src-main/domain/b.ts', "import { a } from './a.ts';\nexport const b = () => a;\n");
    expect(runTool('depcruise', '--config', '.dependency-cruiser.cjs', 'src-main').output).toContain('no-circles');
  });
});
