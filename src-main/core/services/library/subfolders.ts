import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_LISTED = 5000;

/** Names of the direct sub-folders, links to folders included, hidden ones not; in the order people expect. */
export async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
      .slice(0, MAX_LISTED)
      .map(async (entry) =>
        entry.isDirectory() || (await isFolderLink(join(folder, entry.name))) ? entry.name : null,
      ),
  );
  const order = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });
  return found.filter((name) => name !== null).toSorted(order.compare);
}

async function isFolderLink(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}
