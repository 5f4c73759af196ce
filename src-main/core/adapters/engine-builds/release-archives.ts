import { mkdir, mkdtemp, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import { proveEngine } from './engine-proof.ts';
import { platformArchives, type ReleaseArchive, ReleaseListing } from './release-assets.ts';
import { downloadArchive } from './release-download.ts';
import { allowedOrigins, fetchAllowed } from './release-http.ts';
import { unpackArchive } from './unpack.ts';

export interface ReleaseArchivesOptions {
  /** Base of the release API; a mirror or a local stand-in has the same paths. */
  readonly baseUrl: string;
  /** Where downloads are kept until they are whole. */
  readonly downloadsDir: string;
  readonly platform?: string;
  readonly arch?: string;
  /** The first pause after a failed try of a download. */
  readonly retryAfterMs?: number;
  /** Bytes free for us at a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export const OFFICIAL_RELEASES = 'https://api.github.com';
const REPOSITORY = 'ggml-org/llama.cpp';
const LISTED_RELEASES = 10;
const RETRY_AFTER_MS = 500;
const KEPT_DOWNLOAD_MS = 7 * 24 * 60 * 60_000;
const LISTING_MS = 20_000;
/** Unpacked, an archive is two to four times its size. */
const UNPACKED_FACTOR = 4;
const MAX_LISTING_BYTES = 16 * 1024 * 1024;

export interface ReleaseProgress {
  readonly step: string;
  readonly fraction?: number | null;
  readonly bytes?: number;
  readonly totalBytes?: number;
}

/** The archives of llama.cpp's own releases: list them, and install one. */
export class ReleaseArchives {
  readonly #options: ReleaseArchivesOptions;
  readonly #base: URL;

  constructor(options: ReleaseArchivesOptions) {
    this.#options = options;
    this.#base = new URL(options.baseUrl.endsWith('/') ? options.baseUrl : `${options.baseUrl}/`);
  }

  /** Those of the newest releases that are made for this platform. @throws AppError `hub_unreachable`. */
  async list(signal: AbortSignal): Promise<ReleaseArchive[]> {
    const url = new URL(`repos/${REPOSITORY}/releases?per_page=${LISTED_RELEASES}`, this.#base);
    const { platform = process.platform, arch = process.arch } = this.#options;
    return platformArchives(await this.#read(url, ReleaseListing, signal), platform, arch);
  }

  /**
   * Downloads, checks and unpacks one archive into `targetDir`, which appears whole, with `llama-server` in it, or not
   * at all. What was downloaded stays for the next try when it is cut off.
   *
   * @throws AppError `hub_unreachable`, `not_enough_space`, `engine_build_invalid`.
   */
  async install(
    wanted: { readonly version: string; readonly asset: string },
    targetDir: string,
    report: (progress: ReleaseProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    report({ step: 'Looking the release up' });
    await this.#dropOldDownloads();
    const archive = await this.#find(wanted, signal);
    await this.#requireSpace(dirname(targetDir), archive.sizeBytes * (1 + UNPACKED_FACTOR));
    const file = join(this.#options.downloadsDir, basename(archive.asset));
    const onBytes = (bytes: number, totalBytes: number) =>
      report({ step: `Downloading ${archive.asset}`, bytes, totalBytes, fraction: (bytes / totalBytes) * 0.9 });
    const { retryAfterMs = RETRY_AFTER_MS } = this.#options;
    const origins = allowedOrigins(this.#base);
    await downloadArchive({ archive, file, origins, report: onBytes, retryAfterMs }, signal);
    report({ step: 'Unpacking', fraction: 0.92 });
    await placeUnpacked(`${file}.part`, archive.asset, targetDir, signal);
    for (const ending of ['.part', '.etag']) await rm(`${file}${ending}`, { force: true });
  }

  async #find(wanted: { version: string; asset: string }, signal: AbortSignal): Promise<ReleaseArchive> {
    const { platform = process.platform, arch = process.arch } = this.#options;
    const url = new URL(`repos/${REPOSITORY}/releases/tags/${encodeURIComponent(wanted.version)}`, this.#base);
    const release = await this.#read(url, ReleaseListing.element, signal);
    const archive = platformArchives([release], platform, arch).find((entry) => entry.asset === wanted.asset);
    if (!archive) {
      throw new AppError('engine_build_invalid', {
        reason: `The release ${wanted.version} has no archive ${wanted.asset} for this machine (${platform} ${arch}).`,
      });
    }
    if (archive.digest === null) {
      throw new AppError('engine_build_invalid', {
        reason: `The release ${wanted.version} names no checksum for ${wanted.asset}, so it cannot be trusted. Choose a newer one.`,
      });
    }
    return archive;
  }

  async #read<T>(url: URL, schema: { parse: (value: unknown) => T }, signal: AbortSignal): Promise<T> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(LISTING_MS)]);
    const unreachable = (reason: string) => new AppError('hub_unreachable', { host: url.host, reason });
    try {
      const headers = { accept: 'application/vnd.github+json' };
      const response = await fetchAllowed(url, headers, allowedOrigins(this.#base), limited);
      if (!response.ok) throw unreachable(listingRefusal(response));
      const text = await response.text();
      if (text.length > MAX_LISTING_BYTES) throw unreachable('its answer is too long');
      return schema.parse(JSON.parse(text));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AppError) throw error;
      throw unreachable(limited.aborted ? 'it gave no answer in time' : 'its answer is not a release listing');
    }
  }

  /** What nobody came back for is not worth its space. */
  async #dropOldDownloads(): Promise<void> {
    const folder = this.#options.downloadsDir;
    for (const name of await readdir(folder).catch(() => [])) {
      const { mtimeMs } = await stat(join(folder, name));
      if (Date.now() - mtimeMs > KEPT_DOWNLOAD_MS) await rm(join(folder, name), { force: true });
    }
  }

  async #requireSpace(folder: string, neededBytes: number): Promise<void> {
    await mkdir(folder, { recursive: true });
    const freeBytes = await (this.#options.freeBytes ?? systemFreeBytes)(folder);
    if (freeBytes < neededBytes) throw new AppError('not_enough_space', { path: folder, neededBytes, freeBytes });
  }
}

function listingRefusal(response: Response): string {
  if (response.headers.get('x-ratelimit-remaining') === '0') return 'its limit of requests an hour is used up';
  return response.status === 404 ? 'it has no such release' : `it answered ${response.status}`;
}

async function systemFreeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

async function placeUnpacked(archive: string, name: string, targetDir: string, signal: AbortSignal): Promise<void> {
  const staging = await mkdtemp(join(dirname(targetDir), `.${basename(targetDir)}-`));
  try {
    await unpackArchive(archive, name, staging, signal);
    const folder = await serverFolder(staging);
    if (folder === null) {
      throw new AppError('engine_build_invalid', { reason: `${name} holds no llama-server.` });
    }
    await proveEngine(join(folder, serverName()), signal);
    await rm(targetDir, { recursive: true, force: true });
    await rename(folder, targetDir);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function serverName(): string {
  return process.platform === 'win32' ? 'llama-server.exe' : 'llama-server';
}

/** The archives changed their layout over time: `build/bin/`, `llama-b7000/`, or flat. */
async function serverFolder(root: string): Promise<string | null> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.find((entry) => entry.isFile() && entry.name === serverName())?.parentPath ?? null;
}
