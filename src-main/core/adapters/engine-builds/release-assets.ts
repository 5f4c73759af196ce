import { z } from 'zod';
import type { Backend } from '../../../contract/engines.ts';

/** One archive of an official release that would run on this platform. */
export interface ReleaseArchive {
  readonly version: string;
  readonly asset: string;
  readonly backend: Backend;
  readonly url: string;
  readonly sizeBytes: number;
  /** SHA-256 as hex, from the release's own listing; null for releases older than such digests. */
  readonly digest: string | null;
}

/** The part of GitHub's release listing that is read (docs.github.com/rest/releases). */
export const ReleaseListing = z.array(
  z.object({
    tag_name: z.string(),
    draft: z.boolean().optional(),
    assets: z.array(
      z.object({
        name: z.string().max(200),
        size: z.number().int().nonnegative(),
        digest: z.string().nullish(),
        browser_download_url: z.url(),
      }),
    ),
  }),
);
export type ReleaseListing = z.infer<typeof ReleaseListing>;

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'ubuntu', darwin: 'macos', win32: 'win' };
const BACKENDS: Readonly<Record<string, Backend>> = {
  cpu: 'cpu',
  cuda: 'cuda',
  vulkan: 'vulkan',
  hip: 'rocm',
  rocm: 'rocm',
};

/** The archives for one platform, newest release first, such as `llama-b6178-bin-ubuntu-vulkan-x64.tar.gz`. */
export function platformArchives(listing: ReleaseListing, platform: string, arch: string): ReleaseArchive[] {
  return listing
    .filter((release) => release.draft !== true)
    .flatMap((release) =>
      release.assets.flatMap((asset) => {
        const backend = assetBackend(asset.name, release.tag_name, platform, arch);
        if (backend === null) return [];
        const digest = /^sha256:([0-9a-f]{64})$/i.exec(asset.digest ?? '')?.[1]?.toLowerCase() ?? null;
        const { name, size, browser_download_url: url } = asset;
        return [{ version: release.tag_name, asset: name, backend, url, sizeBytes: size, digest }];
      }),
    );
}

/** The backend of an archive made for this platform; null for another platform, another kind, or one we do not drive. */
export function assetBackend(name: string, tag: string, platform: string, arch: string): Backend | null {
  // The name becomes a file's and a folder's.
  if (!/^[A-Za-z0-9._+-]+$/.test(name)) return null;
  const system = SYSTEMS[platform];
  const prefix = `llama-${tag}-bin-${system ?? ''}-`;
  const ending = [`${arch}.zip`, `${arch}.tar.gz`].find((end) => name.endsWith(end));
  if (system === undefined || !name.startsWith(prefix) || ending === undefined) return null;
  const words = name
    .slice(prefix.length, -ending.length)
    .split('-')
    .filter((word) => word !== '');
  const [kind, version, ...others] = words;
  if (kind === undefined) return platform === 'darwin' && arch === 'arm64' ? 'metal' : 'cpu';
  // "cuda-13.0", "rocm-7.2": a version may follow, anything else is a variant of its own.
  if (others.length > 0 || (version !== undefined && !/^\d+(\.\d+)*$/.test(version))) return null;
  return BACKENDS[kind] ?? null;
}
