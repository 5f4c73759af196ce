import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';
import { type ArchiveEntry, ArchiveError } from './archive-entries.ts';

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
/** A listing larger than this belongs to no archive we would unpack. */
const MAX_LISTING_BYTES = 16 * 1024 * 1024;
const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;
const MAX_LINK_BYTES = 4096;

/**
 * Reads a zip by its central listing (PKWARE APPNOTE 6.3.10), stored and deflated entries. Archives of 4 GiB and more,
 * encrypted ones and other methods are refused.
 *
 * @throws ArchiveError where the file is no such zip or ends early.
 */
export async function* readZip(path: string, file: FileHandle): AsyncGenerator<ArchiveEntry, void, void> {
  const { size } = await file.stat();
  const listing = await readListing(file, size);
  for (let at = 0; at + CENTRAL_BYTES <= listing.length;) {
    if (listing.readUInt32LE(at) !== CENTRAL) throw new ArchiveError('the archive’s listing is damaged');
    const nameLength = listing.readUInt16LE(at + 28);
    const entry: ZipEntry = {
      path: listing.toString('utf8', at + CENTRAL_BYTES, at + CENTRAL_BYTES + nameLength),
      encrypted: (listing.readUInt16LE(at + 8) & 1) === 1,
      method: listing.readUInt16LE(at + 10),
      packedSize: listing.readUInt32LE(at + 20),
      size: listing.readUInt32LE(at + 24),
      mode: listing.readUInt32LE(at + 38) >>> 16,
      offset: listing.readUInt32LE(at + 42),
    };
    at += CENTRAL_BYTES + nameLength + listing.readUInt16LE(at + 30) + listing.readUInt16LE(at + 32);
    yield await toEntry(entry, path, file);
  }
}

interface ZipEntry {
  readonly path: string;
  readonly encrypted: boolean;
  readonly method: number;
  readonly packedSize: number;
  readonly size: number;
  readonly mode: number;
  readonly offset: number;
}

async function readListing(file: FileHandle, fileSize: number): Promise<Buffer> {
  // The end record is last, behind it at most a comment of 64 KiB.
  const tail = await readAt(file, Math.max(0, fileSize - END_BYTES - 0xffff), Math.min(fileSize, END_BYTES + 0xffff));
  for (let at = tail.length - END_BYTES; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END) continue;
    const size = tail.readUInt32LE(at + 12);
    const offset = tail.readUInt32LE(at + 16);
    if (size > MAX_LISTING_BYTES || offset + size > fileSize) break;
    return readAt(file, offset, size);
  }
  throw new ArchiveError('the archive ends early or is no zip file');
}

async function toEntry(entry: ZipEntry, path: string, file: FileHandle): Promise<ArchiveEntry> {
  if (entry.path.endsWith('/')) return { kind: 'folder', path: entry.path };
  if (entry.encrypted) return { kind: 'other', path: entry.path, what: 'an encrypted file' };
  if (entry.method !== 0 && entry.method !== 8) {
    return { kind: 'other', path: entry.path, what: `a file packed by method ${entry.method}` };
  }
  const content = contentOf(entry, path, file);
  if ((entry.mode & S_IFMT) === S_IFLNK) {
    if (entry.size > MAX_LINK_BYTES) throw new ArchiveError('the archive holds an overlong link');
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    return { kind: 'link', path: entry.path, target: Buffer.concat(chunks).toString('utf8') };
  }
  return { kind: 'file', path: entry.path, executable: (entry.mode & 0o100) !== 0, size: entry.size, content };
}

async function* contentOf(entry: ZipEntry, path: string, file: FileHandle): AsyncGenerator<Uint8Array, void, void> {
  const local = await readAt(file, entry.offset, LOCAL_BYTES);
  if (local.readUInt32LE(0) !== LOCAL) throw new ArchiveError('the archive is damaged');
  const start = entry.offset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28);
  if (entry.packedSize === 0) return;
  const packed = createReadStream(path, { start, end: start + entry.packedSize - 1 });
  let written = 0;
  try {
    const source: AsyncIterable<Uint8Array> = entry.method === 0 ? packed : packed.pipe(createInflateRaw());
    for await (const chunk of source) {
      written += chunk.length;
      if (written > entry.size) throw new ArchiveError(`${entry.path} is larger than the archive says`);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof ArchiveError ? error : new ArchiveError(`${entry.path} is damaged`, { cause: error });
  } finally {
    packed.destroy();
  }
  if (written !== entry.size) throw new ArchiveError(`${entry.path} ends early`);
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new ArchiveError('the archive ends early');
  return buffer;
}
