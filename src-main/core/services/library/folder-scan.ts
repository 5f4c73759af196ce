import type { Dirent } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** The model files below a folder, by paths relative to it. */
export interface FolderScan {
  readonly gguf: readonly string[];
  readonly hasSafetensors: boolean;
  /** True where there was more than is looked at. */
  readonly isPartial: boolean;
}

/** Quantizations lie in folders of their own, and caches a few levels deep. */
const MAX_DEPTH = 4;
const MAX_ENTRIES = 20_000;

/** Walks a folder without following links to other folders. @throws the error of the folder itself, not of one below it. */
export async function scanFolder(root: string, signal: AbortSignal): Promise<FolderScan> {
  const gguf: string[] = [];
  let hasSafetensors = false;
  let seen = 0;
  let waiting = [{ path: '', depth: 0 }];
  let isPartial = false;
  while (waiting.length > 0) {
    const deeper: { path: string; depth: number }[] = [];
    for (const { path, depth } of waiting) {
      signal.throwIfAborted();
      for await (const entry of entriesOf(join(root, path), depth === 0)) {
        seen += 1;
        if (seen > MAX_ENTRIES) return { gguf: gguf.toSorted(), hasSafetensors, isPartial: true };
        const child = path === '' ? entry.name : `${path}/${entry.name}`;
        if (entry.isDirectory()) {
          if (entry.name.startsWith('.')) continue;
          if (depth < MAX_DEPTH) deeper.push({ path: child, depth: depth + 1 });
          else isPartial = true;
        } else if (entry.isFile() || entry.isSymbolicLink()) {
          if (/\.gguf$/i.test(entry.name)) gguf.push(child);
          if (/\.safetensors$/i.test(entry.name)) hasSafetensors = true;
        }
      }
    }
    waiting = deeper;
  }
  return { gguf: gguf.toSorted(), hasSafetensors, isPartial };
}

async function* entriesOf(folder: string, isRoot: boolean): AsyncGenerator<Dirent, void, void> {
  try {
    for await (const entry of await opendir(folder, { bufferSize: 512 })) yield entry;
  } catch (error) {
    if (isRoot) throw error;
  }
}
