import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../../contract/errors.ts';
import type { ReleaseArchive } from './release-assets.ts';
import { type AllowedOrigins, fetchAllowed } from './release-http.ts';

export interface Download {
  readonly archive: ReleaseArchive;
  /** Where the file is put; `FILE.part` and `FILE.etag` hold what an interrupted try got, for the next one. */
  readonly file: string;
  readonly origins: AllowedOrigins;
  readonly report: (bytes: number, totalBytes: number) => void;
  /** The first pause after a failed try; each further one is twice as long. */
  readonly retryAfterMs: number;
}

const TRIES = 5;
/** A connection that brings nothing for so long is taken for dead. */
const STALL_MS = 30_000;

/**
 * Downloads an archive, going on where an earlier try stopped, and checks its SHA-256.
 *
 * @throws AppError `hub_unreachable` after five tries without progress, `engine_build_invalid` where the archive is gone
 *   or is not the one the release names.
 */
export async function downloadArchive(download: Download, signal: AbortSignal): Promise<void> {
  const part = `${download.file}.part`;
  await mkdir(dirname(part), { recursive: true });
  let failed = 0;
  for (;;) {
    const before = await fileSize(part);
    try {
      await fetchInto(part, download, signal);
      break;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AppError) || error.code !== 'hub_unreachable') throw error;
      // A try that brought something was no failure: a bad line still gets there.
      failed = (await fileSize(part)) > before ? 1 : failed + 1;
      if (failed >= TRIES) throw error;
      await sleep(download.retryAfterMs * 2 ** (failed - 1), undefined, { signal });
    }
  }
  await verify(part, download.archive, signal);
}

async function fetchInto(part: string, download: Download, signal: AbortSignal): Promise<void> {
  const { archive, origins, report } = download;
  const tag = `${download.file}.etag`;
  const have = await fileSize(part);
  if (have === archive.sizeBytes) return;
  const etag = await readFile(tag, 'utf8').catch(() => null);
  const resumable = have > 0 && have < archive.sizeBytes && etag !== null;
  const stall = new AbortController();
  const either = AbortSignal.any([signal, stall.signal]);
  const response = await fetchAllowed(
    new URL(archive.url),
    resumable ? { range: `bytes=${have}-`, 'if-range': etag } : {},
    origins,
    either,
  );
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    // 416: what we have does not fit what is there now.
    await rm(part, { force: true });
    const gone = response.status === 416 ? 'has changed; try again' : `is not there any more (${response.status})`;
    throw new AppError('engine_build_invalid', { reason: `The archive ${archive.asset} ${gone}.` });
  }
  const begin = response.status === 206 ? have : 0;
  const strong = response.headers.get('etag');
  // A weak tag does not promise the same bytes.
  if (strong !== null && !strong.startsWith('W/')) await writeFile(tag, strong);
  else await rm(tag, { force: true });
  await append(part, begin, response, archive, report, { signal, stall, either });
}

interface Ends {
  readonly signal: AbortSignal;
  readonly stall: AbortController;
  readonly either: AbortSignal;
}

async function append(
  part: string,
  begin: number,
  response: Response,
  archive: ReleaseArchive,
  report: Download['report'],
  ends: Ends,
): Promise<void> {
  let timer = setTimeout(() => ends.stall.abort(), STALL_MS);
  let written = begin;
  await using file = await open(part, begin === 0 ? 'w' : 'a');
  try {
    report(written, archive.sizeBytes);
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => ends.stall.abort(), STALL_MS);
      written += chunk.byteLength;
      if (written > archive.sizeBytes) {
        throw new AppError('engine_build_invalid', {
          reason: `The archive ${archive.asset} is longer than the release says; nothing of it was used.`,
        });
      }
      await file.write(chunk);
      report(written, archive.sizeBytes);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    ends.signal.throwIfAborted();
    throw cut(archive, ends.stall.signal.aborted ? 'the connection stalled' : 'the connection was cut', error);
  } finally {
    clearTimeout(timer);
  }
  if (written < archive.sizeBytes) throw cut(archive, 'the connection was cut', null);
}

function cut(archive: ReleaseArchive, reason: string, cause: unknown): AppError {
  return new AppError('hub_unreachable', { host: new URL(archive.url).host, reason }, { cause });
}

async function verify(part: string, archive: ReleaseArchive, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(part), hash, { signal });
  if (hash.digest('hex') === archive.digest) return;
  // Going on with it would only fail again.
  await rm(part, { force: true });
  throw new AppError('engine_build_invalid', {
    reason: `The archive ${archive.asset} is not what the release names (its checksum differs); it was deleted. Try again.`,
  });
}

async function fileSize(file: string): Promise<number> {
  return stat(file).then(
    (facts) => facts.size,
    () => 0,
  );
}
