import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { ggufFacts, missingData } from '../../../domain/gguf/facts.ts';
import { parseGguf } from '../../../domain/gguf/parse.ts';
import type { FileInspection } from './file-inspection.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Reads one file's header in pieces. Runs in the worker, where nothing waits on its synchronous reads. */
export function inspectFile(path: string): FileInspection {
  let file: number;
  try {
    // Opening a pipe, a device or a socket may itself do something; a link fails to open below.
    const facts = lstatSync(path);
    if (!facts.isFile() && !facts.isSymbolicLink()) return refusal(0, 'not_a_file', 'This is not a regular file.');
    // Never through a link put there since the path was checked, and never waiting on a pipe.
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return refusal(
      0,
      'unreadable',
      `The file cannot be opened (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`,
    );
  }
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) return refusal(0, 'not_a_file', 'This is not a regular file.');
    return readHeader(file, facts.size);
  } catch (error) {
    return refusal(0, 'unreadable', `The file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  } finally {
    closeSync(file);
  }
}

function readHeader(file: number, sizeBytes: number): FileInspection {
  const parser = parseGguf(sizeBytes);
  let position = 0;
  let step = parser.next();
  while (!step.done) {
    const piece = new Uint8Array(Math.max(CHUNK_BYTES, step.value));
    const length = readSync(file, piece, 0, piece.length, position);
    position += length;
    step = parser.next(length === 0 ? null : piece.subarray(0, length));
  }
  const result = step.value;
  if (!result.ok) return { ok: false, sizeBytes, facts: null, error: result.error };
  const facts = ggufFacts(result.header);
  const missing = missingData(result.header, sizeBytes);
  return missing === null ? { ok: true, sizeBytes, facts } : { ok: false, sizeBytes, facts, error: missing };
}

function refusal(sizeBytes: number, code: 'unreadable' | 'not_a_file', message: string): FileInspection {
  return { ok: false, sizeBytes, facts: null, error: { code, message } };
}
