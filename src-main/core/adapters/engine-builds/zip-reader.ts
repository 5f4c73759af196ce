import { buffer } from 'node:stream/consumers';
import { type Entry, openPromise } from 'yauzl';
import { type ArchiveEntry, ArchiveError } from './archive-entries.ts';

const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;
const MAX_LINK_BYTES = 4096;
const STORED = 0;
const DEFLATED = 8;

/**
 * Reads a zip entry by entry; sizes that differ from what the listing says are refused.
 *
 * @throws ArchiveError where the file is no zip, is damaged or ends early.
 */
export async function* readZip(path: string): AsyncGenerator<ArchiveEntry, void, void> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false }).catch((error: unknown) => {
    throw new ArchiveError('the archive ends early or is no zip file', { cause: error });
  });
  const contentOf = async function* (entry: Entry): AsyncGenerator<Uint8Array, void, void> {
    try {
      yield* (await zip.openReadStreamPromise(entry)) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw new ArchiveError(`${entry.fileName} is damaged`, { cause: error });
    }
  };
  try {
    for await (const entry of zip.eachEntry()) yield await toEntry(entry, contentOf(entry));
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError('the archive is damaged', { cause: error });
  } finally {
    zip.close();
  }
}

async function toEntry(entry: Entry, content: AsyncIterable<Uint8Array>): Promise<ArchiveEntry> {
  const { fileName: path, compressionMethod: method, uncompressedSize: size } = entry;
  const mode = entry.externalFileAttributes >>> 16;
  if (path.endsWith('/')) return { kind: 'folder', path };
  if (entry.isEncrypted()) return { kind: 'other', path, what: 'an encrypted file' };
  if (method !== STORED && method !== DEFLATED)
    return { kind: 'other', path, what: `a file packed by method ${method}` };
  if ((mode & S_IFMT) === S_IFLNK) {
    if (size > MAX_LINK_BYTES) throw new ArchiveError('the archive holds an overlong link');
    return { kind: 'link', path, target: (await buffer(content)).toString('utf8') };
  }
  return { kind: 'file', path, executable: (mode & 0o100) !== 0, size, content };
}
