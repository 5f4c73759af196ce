/** One thing inside an archive, as the archive names it: nothing of it is trusted. */
export type ArchiveEntry =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly executable: boolean;
      readonly size: number;
      /** To be read to its end before the next entry is asked for. */
      readonly content: AsyncIterable<Uint8Array>;
    }
  /** Devices, sockets, hard links: never unpacked. */
  | { readonly kind: 'other'; readonly path: string; readonly what: string };

/** The archive does not hold to its format, or ends early. */
export class ArchiveError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ArchiveError';
  }
}

/**
 * Where an entry may be written, relative to the folder that is unpacked into; null when it would leave it: absolute
 * paths, `..`, drive letters, backslashes, NUL.
 */
export function safeEntryPath(path: string): string | null {
  if (/[\0\\]/.test(path) || path.startsWith('/') || /^[A-Za-z]:/.test(path)) return null;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? null : parts.join('/');
}

/** A symbolic link may only name a file beside it, as shared libraries do (`libllama.so` -> `libllama.so.0`). */
export function isSiblingTarget(target: string): boolean {
  return /^[^/\\\0]+$/.test(target) && target !== '.' && target !== '..';
}
