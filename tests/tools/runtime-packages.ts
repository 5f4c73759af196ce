import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';

/** At the beginning of a line only: what is bundled has words like these in its comments. */
const IMPORT = /(?:^import\b[^;'"]*|\bimport\(\s*)["'](?<name>[^."'\s][^"'\s]*)["']/gm;
const BUILT_IN = new Set([...builtinModules, 'electron']);

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dependencies: z.record(z.string(), z.string()).optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
    }),
  ),
});
type Lock = z.infer<typeof Lock>;

/**
 * The folders of node_modules that the built main process needs beside itself: what it imports, and what those
 * packages depend on, as the lock file has it. Sorted, like `node_modules/better-sqlite3`.
 */
export function runtimePackages(root: string): string[] {
  const lock = Lock.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  const found = new Set<string>();
  const waiting = importedPackages(root).map((name) => folderOf(lock, '', name));
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (folder === null || found.has(folder)) continue;
    found.add(folder);
    const from = folder;
    const { dependencies = {}, optionalDependencies = {} } = lock.packages[from] ?? {};
    waiting.push(
      ...Object.keys({ ...dependencies, ...optionalDependencies }).map((name) => folderOf(lock, from, name)),
    );
  }
  return [...found].toSorted();
}

function importedPackages(root: string): string[] {
  const files = globSync('out/main/**/*.js', { cwd: root });
  const names = files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].map(({ groups }) => groups?.['name'] ?? ''),
  );
  return [...new Set(names)].filter((name) => !name.startsWith('node:') && !BUILT_IN.has(name)).map(packageOf);
}

/** "@scope/name/part" and "name/part" without the part. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Where a package is found from another's folder: nearest node_modules first; null when it is not installed anywhere. */
function folderOf(lock: Lock, from: string, name: string): string | null {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const folder = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (folder in lock.packages) return folder;
    if (at === '') return null;
  }
}
