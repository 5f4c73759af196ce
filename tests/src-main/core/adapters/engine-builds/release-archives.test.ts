import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ReleaseArchives } from '../../../../../src-main/core/adapters/engine-builds/release-archives.ts';
import { assetBackend } from '../../../../../src-main/core/adapters/engine-builds/release-assets.ts';
import { allowedOrigins } from '../../../../../src-main/core/adapters/engine-builds/release-http.ts';
import { makeTarGz, makeZip, type MadeEntry } from '../../../../fakes/archives.ts';
import { type OfferedAsset, startReleaseServer } from '../../../../fakes/release-server.ts';

/** Answers as a llama-server does to the two questions that are put to it. */
const SCRIPT = `#!/bin/sh
case "$1" in
  --version) echo 'version: 9000 (abcdef0)' >&2 ;;
  --list-devices) echo 'Available devices:' ;;
esac
`;
const TAG = 'b9000';
const ASSET = 'llama-b9000-bin-ubuntu-x64.tar.gz';
const TREE: MadeEntry[] = [
  { path: 'llama-b9000/' },
  { path: 'llama-b9000/llama-server', content: SCRIPT, mode: 0o755 },
  { path: 'llama-b9000/libllama.so.0.0.9', content: randomBytes(300_000) },
  { path: 'llama-b9000/libllama.so', link: 'libllama.so.0.0.9' },
];

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cortex-releases-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function source(url: string, freeBytes?: number): ReleaseArchives {
  return new ReleaseArchives({
    baseUrl: url,
    downloadsDir: join(root, 'downloads'),
    platform: 'linux',
    arch: 'x64',
    retryAfterMs: 5,
    ...(freeBytes === undefined ? {} : { freeBytes: async () => freeBytes }),
  });
}

async function install(
  offered: Partial<OfferedAsset>,
  options: { freeBytes?: number; signal?: AbortSignal; name?: string } = {},
) {
  const name = options.name ?? ASSET;
  await using server = await startReleaseServer(TAG, [{ name, bytes: makeTarGz(TREE), ...offered }]);
  const target = join(root, 'engines', 'release-x');
  const seen: number[] = [];
  await source(server.url, options.freeBytes).install(
    { version: TAG, asset: name },
    target,
    (progress) => seen.push(progress.bytes ?? 0),
    options.signal ?? AbortSignal.timeout(20_000),
  );
  return { target, requests: server.requests, bytes: Math.max(...seen) };
}

const leftovers = () => (existsSync(join(root, 'engines')) ? readdirSync(join(root, 'engines')) : []);

describe('the listing', () => {
  test('offers what runs on this platform, with backend, size and checksum', async () => {
    const names = [ASSET, 'llama-b9000-bin-ubuntu-vulkan-x64.tar.gz', 'llama-b9000-bin-win-cpu-x64.zip', 'notes.txt'];
    await using server = await startReleaseServer(
      TAG,
      names.map((name) => ({ name, bytes: Buffer.from('x') })),
    );
    const archives = await source(server.url).list(AbortSignal.timeout(5000));
    expect(archives.map(({ asset, backend }) => [asset, backend])).toEqual([
      [ASSET, 'cpu'],
      ['llama-b9000-bin-ubuntu-vulkan-x64.tar.gz', 'vulkan'],
    ]);
    expect(archives[0]?.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('no network is one clear refusal, not a stack trace', async () => {
    await expect(source('http://127.0.0.1:9').list(AbortSignal.timeout(5000))).rejects.toMatchObject({
      code: 'hub_unreachable',
    });
  });

  test.each([
    ['llama-b1-bin-ubuntu-x64.zip', 'linux', 'x64', 'cpu'],
    ['llama-b1-bin-ubuntu-rocm-7.2-x64.tar.gz', 'linux', 'x64', 'rocm'],
    ['llama-b1-bin-ubuntu-openvino-2026.0-x64.tar.gz', 'linux', 'x64', null],
    ['llama-b1-bin-ubuntu-s390x.tar.gz', 'linux', 'x64', null],
    ['llama-b1-bin-ubuntu-arm64.tar.gz', 'linux', 'x64', null],
    ['llama-b1-bin-macos-arm64.tar.gz', 'darwin', 'arm64', 'metal'],
    ['llama-b1-bin-macos-arm64-kleidiai.tar.gz', 'darwin', 'arm64', null],
    ['llama-b1-bin-win-cuda-13.1-x64.zip', 'win32', 'x64', 'cuda'],
    ['cudart-llama-bin-win-cuda-13.1-x64.zip', 'win32', 'x64', null],
  ])('%s on %s %s is %s', (name, platform, arch, backend) => {
    expect(assetBackend(name, 'b1', platform, arch)).toBe(backend);
  });
});

describe('an install', () => {
  test('unpacks the archive, keeps the links between libraries and leaves no download behind', async () => {
    const { target } = await install({});
    expect(readdirSync(target).toSorted()).toEqual(['libllama.so', 'libllama.so.0.0.9', 'llama-server']);
    expect(readFileSync(join(target, 'libllama.so')).length).toBe(300_000);
    expect(readdirSync(join(root, 'downloads'))).toEqual([]);
  });

  test('takes a zip as well', async () => {
    const name = 'llama-b9000-bin-ubuntu-x64.zip';
    const bytes = makeZip([{ path: 'build/bin/llama-server', content: SCRIPT, mode: 0o755 }]);
    const { target } = await install({ bytes }, { name });
    expect(readdirSync(target)).toEqual(['llama-server']);
  });

  test('goes on where a cut connection stopped, instead of from the beginning', async () => {
    const { requests } = await install({ cutAfter: 100_000 });
    const ranges = requests.filter(({ path }) => path.startsWith('/files/')).map(({ range }) => range);
    expect(ranges).toEqual([null, 'bytes=100000-']);
  });

  test('an interrupted download that nobody came back for is dropped after a week', async () => {
    mkdirSync(join(root, 'downloads'));
    writeFileSync(join(root, 'downloads', 'old.part'), 'x');
    utimesSync(join(root, 'downloads', 'old.part'), 0, 0);
    await install({});
    expect(readdirSync(join(root, 'downloads'))).toEqual([]);
  });

  test('a server that fails twice and then works is waited for', async () => {
    const { target } = await install({ status: 503, times: 2 });
    expect(existsSync(join(target, 'llama-server'))).toBe(true);
  });

  test.each([
    ['a wrong checksum', { digest: `sha256:${'0'.repeat(64)}` }, 'checksum differs'],
    ['no checksum', { digest: null }, 'names no checksum'],
    ['a file that is gone', { status: 404 }, 'not there any more (404)'],
    ['a redirect to another host', { redirectTo: 'http://169.254.169.254/latest' }, 'not a release host'],
    ['a truncated archive', { bytes: makeTarGz(TREE).subarray(0, 200_000) }, 'ends early'],
    ['an entry above the folder', { bytes: makeTarGz([{ path: '../evil', content: 'x' }]) }, 'written elsewhere'],
    ['an absolute entry', { bytes: makeTarGz([{ path: '/tmp/evil', content: 'x' }]) }, 'written elsewhere'],
    ['a link that leads out', { bytes: makeTarGz([{ path: 'a', link: '/etc/passwd' }]) }, 'elsewhere'],
    ['a hard link', { bytes: makeTarGz([{ path: 'a', link: 'b', type: '1' }]) }, 'a hard link'],
    ['a device', { bytes: makeTarGz([{ path: 'a', type: '3' }]) }, 'an entry of type'],
    ['no server inside', { bytes: makeTarGz([{ path: 'README', content: 'x' }]) }, 'holds no llama-server'],
    [
      'a file written twice',
      {
        bytes: makeTarGz([
          { path: 'a', content: 'x' },
          { path: 'a', content: 'y' },
        ]),
      },
      'twice',
    ],
  ])('refuses %s in words and leaves nothing half done', async (_, offered, words) => {
    await expect(install(offered)).rejects.toMatchObject({
      code: 'engine_build_invalid',
      message: expect.stringContaining(words),
    });
    expect(leftovers()).toEqual([]);
    expect(existsSync('/tmp/evil')).toBe(false);
  });

  test('a zip entry that climbs out is refused', async () => {
    const name = 'llama-b9000-bin-ubuntu-x64.zip';
    await expect(install({ bytes: makeZip([{ path: 'a/../../evil', content: 'x' }]) }, { name })).rejects.toMatchObject(
      {
        code: 'engine_build_invalid',
      },
    );
    await expect(install({ bytes: makeZip(TREE).subarray(0, 900) }, { name })).rejects.toMatchObject({
      message: expect.stringContaining('ends early'),
    });
  });

  test('a server that keeps failing is named with its status', async () => {
    await expect(install({ status: 500 })).rejects.toMatchObject({ code: 'hub_unreachable' });
  });

  test('too little space is said before anything is fetched', async () => {
    await expect(install({}, { freeBytes: 1000 })).rejects.toMatchObject({ code: 'not_enough_space' });
  });

  test('a cancel ends a slow download at once and keeps what came for the next try', async () => {
    const controller = new AbortController();
    const running = install({ slowMs: 10 }, { signal: controller.signal });
    setTimeout(() => controller.abort(), 300);
    await expect(running).rejects.toThrow();
    expect(readdirSync(join(root, 'downloads'))).toEqual([`${ASSET}.etag`, `${ASSET}.part`]);
    expect(leftovers()).toEqual([]);
  });
});

test('release files come by https from the release hosts alone, by plain http only from this machine', () => {
  const official = allowedOrigins(new URL('https://api.github.com'));
  expect(official.allows(new URL('https://release-assets.githubusercontent.com/x'))).toBe(true);
  expect(official.allows(new URL('http://github.com/x'))).toBe(false);
  expect(official.allows(new URL('https://github.com.example.org/x'))).toBe(false);
  expect(official.allows(new URL('http://127.0.0.1/x'))).toBe(false);
  const local = allowedOrigins(new URL('http://127.0.0.1:9/'));
  expect(local.allows(new URL('http://localhost:10/x'))).toBe(true);
  expect(local.allows(new URL('http://10.0.0.1/x'))).toBe(false);
});
