import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What a package carries beside the archive of the program, and from where. */
const RESOURCES = [
  ['resources/self-test-model/cortex-self-test.gguf', 'self-test-model/cortex-self-test.gguf'],
  ['resources/icons/icon.png', 'icons/icon.png'],
  ['resources/engine', 'engine'],
  ['LICENSE', 'licences/LICENSE'],
  ['out/main/third-party-licences.md', 'licences/main-process.md'],
  ['out/renderer/third-party-licences.md', 'licences/window.md'],
] as const;

/**
 * Lays out `<place>/stage`, whose folders become the package's resources. With an engine, that is the carried one, ready.
 * Everything in it may be read by every user of the machine that the package is installed on.
 */
export function stageResources(root: string, place: string, engineDir: string | null): void {
  const stage = join(place, 'stage');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  for (const [from, to] of RESOURCES) cpSync(join(root, from), join(stage, to), { recursive: true });
  if (engineDir !== null) cpSync(engineDir, join(stage, 'engine-ready'), { recursive: true });
  for (const entry of readdirSync(stage, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isSymbolicLink()) chmodSync(path, entry.isDirectory() ? 0o755 : (statSync(path).mode & 0o111) | 0o644);
  }
}

/** The folders that were staged, for the packager's `extraResource`. */
export function stagedResources(place: string): string[] {
  const stage = join(place, 'stage');
  return existsSync(stage) ? readdirSync(stage).map((name) => join(stage, name)) : [];
}
