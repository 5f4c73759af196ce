import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { type ArchiveEntry, ArchiveError } from './archive-entries.ts';

/**
 * Reads a tar stream entry by entry. Each file's content is to be read before the next entry.
 *
 * @throws ArchiveError where the stream is no tar or ends early.
 */
export async function* readTar(stream: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, void> {
  const tar = extract();
  // Its failure ends the reading below, which reports it.
  const fed = pipeline(stream, tar).catch(() => undefined);
  try {
    for await (const entry of tar) {
      const { name: path, type, linkname, mode, size } = entry.header;
      if (type === 'directory') yield { kind: 'folder', path };
      else if (type === 'symlink') yield { kind: 'link', path, target: linkname ?? '' };
      else if (type === 'file' || type === 'contiguous-file') {
        yield {
          kind: 'file',
          path,
          executable: (mode & 0o100) !== 0,
          size,
          content: entry as AsyncIterable<Uint8Array>,
        };
      } else yield { kind: 'other', path, what: type === 'link' ? 'a hard link' : `an entry of type "${type}"` };
      entry.resume();
    }
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError('the archive is damaged, ends early or is no tar file', { cause: error });
  } finally {
    tar.destroy();
    await fed;
  }
}
