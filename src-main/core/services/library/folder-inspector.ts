import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import type { FolderInspection, GgufGroup } from '../../../contract/library.ts';
import { groupGgufFiles } from '../../../domain/gguf/parts.ts';
import type { FileInspection } from '../../adapters/inspector/file-inspection.ts';
import type { FileInspector } from '../../adapters/inspector/file-inspector.ts';
import { type FolderScan, scanFolder } from './folder-scan.ts';
import { isStartable, toGgufGroup } from './gguf-groups.ts';
import { confine, type LibraryRoots, localPath, realOrSame } from './library-roots.ts';

type FileError = FolderInspection['gguf_validation']['errors'][number];

/** More headers than this are not read for one answer. */
const MAX_INSPECTED = 256;
const MAX_REMEMBERED = 2000;

/** Says what is in a folder. A file that was read is not read again until it changes. */
export class FolderInspector {
  readonly #inspector: FileInspector;
  readonly #remembered = new Map<string, { stamp: string; inspection: FileInspection }>();

  constructor(inspector: FileInspector) {
    this.#inspector = inspector;
  }

  /** @param folder a confined real path. */
  async inspect(folder: string, roots: LibraryRoots, signal: AbortSignal): Promise<FolderInspection> {
    const scan = await scanFolder(folder, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      const reason = (error as NodeJS.ErrnoException).code === 'EACCES' ? 'permission denied' : 'it cannot be listed';
      throw new AppError('path_not_readable', { path: folder, reason }, { cause: error });
    });
    const realBase = await realOrSame(roots.baseDir);
    const errors: FileError[] = [];
    const groups: GgufGroup[] = [];
    let inspected = 0;
    let valid = 0;
    for (const group of groupGgufFiles(scan.gguf)) {
      if (inspected + group.files.length > MAX_INSPECTED && inspected > 0) continue;
      inspected += group.files.length;
      const inspections: FileInspection[] = [];
      for (const file of group.files) {
        const inspection = await this.#inspectFile(join(folder, file), roots, signal);
        if (!inspection.ok) errors.push({ file, ...inspection.error });
        inspections.push(inspection);
      }
      const path = localPath(join(folder, group.files[0] ?? ''), realBase);
      const view = toGgufGroup({ group, inspections, path });
      groups.push(view);
      if (view.status === 'ready') valid += group.files.length;
      else if (inspections.every(({ ok }) => ok)) errors.push(groupError(view));
    }
    return assemble(scan, groups, { inspected, valid, errors });
  }

  /** Reads a file behind its link, where that leads to another place of the library. */
  async #inspectFile(path: string, roots: LibraryRoots, signal: AbortSignal): Promise<FileInspection> {
    let real: string;
    let stamp: string;
    try {
      real = await confine(await realpath(path), roots);
      const facts = await stat(real);
      stamp = `${facts.ino}:${facts.size}:${facts.mtimeMs}`;
    } catch (error) {
      const isOutside = error instanceof AppError && error.code === 'path_outside_library';
      const message = isOutside ? 'It is a link out of the library; add the folder it leads to.' : 'It cannot be read.';
      return {
        ok: false,
        sizeBytes: 0,
        facts: null,
        error: { code: isOutside ? 'path_outside_library' : 'unreadable', message },
      };
    }
    const known = this.#remembered.get(real);
    if (known?.stamp === stamp) return known.inspection;
    const inspection = await this.#inspector.inspect(real, signal);
    // Oldest out first.
    if (this.#remembered.size >= MAX_REMEMBERED) {
      for (const key of this.#remembered.keys()) {
        this.#remembered.delete(key);
        break;
      }
    }
    this.#remembered.set(real, { stamp, inspection });
    return inspection;
  }
}

/** For files that are sound each by itself and make no model together. */
function groupError({ files, status, problem }: GgufGroup): FileError {
  const code = status === 'incomplete' ? 'parts_missing' : 'not_startable';
  return { file: files[0] ?? '', code, message: problem ?? 'It cannot be started.' };
}

function assemble(
  scan: FolderScan,
  groups: readonly GgufGroup[],
  counts: { inspected: number; valid: number; errors: readonly FileError[] },
): FolderInspection {
  const hasGguf = scan.gguf.length > 0;
  const left = scan.gguf.length - counts.inspected;
  const limits: FileError[] = [];
  if (left > 0 || scan.isPartial) {
    const message =
      left > 0
        ? `This folder holds ${scan.gguf.length} GGUF files; the first ${counts.inspected} were looked into. Choose a sub-folder.`
        : 'This folder holds more than was looked through. Choose a sub-folder.';
    limits.push({ file: '', code: 'too_many_files', message });
  }
  return {
    has_gguf: hasGguf,
    has_safetensors: scan.hasSafetensors,
    gguf_groups: groups.toSorted(byUse),
    safetensor_info: null,
    engine_recommendation: {
      ...recommend(groups, scan.hasSafetensors),
      has_multipart_gguf: groups.some((group) => group.is_multipart),
      has_safetensors: scan.hasSafetensors,
      has_gguf: hasGguf,
    },
    gguf_validation: {
      total_files: scan.gguf.length,
      valid_files: counts.valid,
      invalid_files: counts.inspected - counts.valid,
      errors: [...counts.errors, ...limits],
    },
  };
}

/** What can be started comes first; among equals the names' order stays. */
function byUse(a: GgufGroup, b: GgufGroup): number {
  return Number(isStartable(b)) - Number(isStartable(a));
}

function recommend(
  groups: readonly GgufGroup[],
  hasSafetensors: boolean,
): Pick<FolderInspection['engine_recommendation'], 'recommended_engine' | 'recommended_format' | 'reason'> {
  if (groups.some(isStartable)) {
    const reason = 'llama.cpp runs GGUF files as they are, all parts included.';
    return { recommended_engine: 'llamacpp', recommended_format: 'gguf', reason };
  }
  if (hasSafetensors) {
    const reason = 'SafeTensors weights are vLLM’s own format.';
    return { recommended_engine: 'vllm', recommended_format: 'safetensors', reason };
  }
  const reason =
    groups.length > 0 ? 'None of the GGUF files here can be started.' : 'There is no model in this folder.';
  return { recommended_engine: null, recommended_format: null, reason };
}
