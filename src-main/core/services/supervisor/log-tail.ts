import { open } from 'node:fs/promises';

const LOG_TAIL_BYTES = 256 * 1024;

/** The end of a log file, and when it was last written; empty where there is none. */
export async function readTail(path: string): Promise<{ at: number; text: string }> {
  try {
    await using file = await open(path, 'r');
    const { size, mtimeMs } = await file.stat();
    const length = Math.min(size, LOG_TAIL_BYTES);
    const buffer = Buffer.alloc(length);
    await file.read(buffer, 0, length, size - length);
    return { at: Math.round(mtimeMs), text: buffer.toString('utf8') };
  } catch {
    return { at: 0, text: '' };
  }
}
