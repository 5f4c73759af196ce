import { createReadStream } from 'node:fs';
import { mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../../contract/errors.ts';
import { type ArchiveEntry, ArchiveError, isSiblingTarget, safeEntryPath } from './archive-entries.ts';
import { readTar } from './tar-reader.ts';
import { readZip } from './zip-reader.ts';

/** Far above any release (a CUDA build is about 1 GB), far below a filled disk. */
const MAX_BYTES = 8 * 1024 ** 3;
const MAX_ENTRIES = 10_000;

/**
 * Unpacks a `.zip` or `.tar.gz` into an empty folder. Nothing is written outside it, no file over another, and symbolic
 * links only to files beside them.
 *
 * @throws AppError `engine_build_invalid` where the archive is damaged, ends early, or holds what is not unpacked.
 */
export async function unpackArchive(archive: string, name: string, folder: string, signal: AbortSignal): Promise<void> {
  try {
    const entries = name.endsWith('.zip') ? readZip(archive) : readTar(gunzip(archive));
    await writeEntries(entries, folder, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ArchiveError)) throw error;
    throw new AppError(
      'engine_build_invalid',
      { reason: `${name} was not unpacked: ${error.message}.` },
      { cause: error },
    );
  }
}

async function* gunzip(archive: string): AsyncGenerator<Uint8Array, void, void> {
  const packed = createReadStream(archive);
  const plain = createGunzip();
  // pipe() does not hand errors on, and a stream without a listener would end the program.
  packed.on('error', (error) => plain.destroy(error));
  try {
    for await (const chunk of packed.pipe(plain) as AsyncIterable<Uint8Array>) yield chunk;
  } catch (error) {
    throw new ArchiveError('the archive is damaged or ends early', { cause: error });
  } finally {
    packed.destroy();
    plain.destroy();
  }
}

async function writeEntries(entries: AsyncIterable<ArchiveEntry>, folder: string, signal: AbortSignal): Promise<void> {
  const links: { path: string; target: string }[] = [];
  let bytes = 0;
  let count = 0;
  for await (const entry of entries) {
    signal.throwIfAborted();
    count += 1;
    if (count > MAX_ENTRIES) throw new ArchiveError('it holds too many files');
    const isRoot = entry.kind === 'folder' && /^(\.\/?)*$/.test(entry.path);
    if (isRoot) continue;
    const path = safeEntryPath(entry.path);
    if (path === null)
      throw new ArchiveError(`it holds ${JSON.stringify(entry.path)}, which would be written elsewhere`);
    if (entry.kind === 'other') throw new ArchiveError(`it holds ${entry.what}, ${JSON.stringify(entry.path)}`);
    if (entry.kind === 'folder') await mkdir(join(folder, path), { recursive: true });
    else if (entry.kind === 'link') {
      if (!isSiblingTarget(entry.target)) {
        throw new ArchiveError(
          `its link ${JSON.stringify(entry.path)} leads to ${JSON.stringify(entry.target)}, elsewhere`,
        );
      }
      links.push({ path, target: entry.target });
    } else bytes = await writeFile(entry, join(folder, path), bytes, signal);
  }
  // Last, so that no file is ever written through one of them.
  for (const { path, target } of links) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(target, join(folder, path)).catch(refuseSecond(path));
  }
}

async function writeFile(
  entry: Extract<ArchiveEntry, { kind: 'file' }>,
  target: string,
  before: number,
  signal: AbortSignal,
): Promise<number> {
  let bytes = before;
  await mkdir(dirname(target), { recursive: true }).catch(refuseSecond(entry.path));
  const isProgram = entry.executable || /(^|\/)llama-server$/.test(entry.path);
  // `wx`: neither over a file nor through a link.
  await using file = await open(target, 'wx', isProgram ? 0o755 : 0o644).catch(refuseSecond(entry.path));
  for await (const chunk of entry.content) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw new ArchiveError('it is too large when unpacked');
    await file.write(chunk);
  }
  return bytes;
}

function refuseSecond(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'EEXIST' && error.code !== 'ENOTDIR') throw error;
    throw new ArchiveError(`it holds ${JSON.stringify(path)} twice`);
  };
}
