import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import config from '../../forge.config.ts';
import { ROOT, temporaryDirectory } from '../e2e/program.ts';
import { isInstalled, run } from '../tools/commands.ts';
import { explainFailure, makePackages } from '../tools/make.ts';
import { stageResources } from '../tools/package-stage.ts';
import { startOnStandIn, type StandInProgram } from './stand-in-host.ts';

const required = createRequire(import.meta.url);
/** The archives' own package comes with the packager. */
const { listPackage, extractAll } = required('@electron/asar') as {
  listPackage: (path: string, options: object) => string[];
  extractAll: (from: string, to: string) => void;
};
const { version: electronVersion } = required('electron/package.json') as { version: string };
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

const missing = [
  ...['dpkg', 'fakeroot', 'zip'].filter((command) => !isInstalled(command)),
  ...['electron-installer-debian'].filter((name) => !existsSync(join(ROOT, 'node_modules', name))),
];
const cannotMake = process.platform === 'linux' && missing.length === 0 ? null : `needs ${missing.join(', ')} on Linux`;
if (cannotMake !== null && process.env['CI'] === 'true') throw new Error(`Packages cannot be made: ${cannotMake}`);

/** The fuse sentinel, the wire's version and length, and every fuse at 0: https://www.electronjs.org/docs/latest/tutorial/fuses */
const FUSE_WIRE = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([1, 9]),
  Buffer.from('000000000'),
]);

/** A double of Electron's archive: what the packager looks at, with a program that does nothing. */
function writeElectronDouble(folder: string): void {
  const content = join(folder, 'content');
  mkdirSync(join(content, 'locales'), { recursive: true });
  mkdirSync(join(content, 'resources'));
  writeFileSync(join(content, 'electron'), Buffer.concat([Buffer.from('#!/bin/sh\nexit 0\n'), FUSE_WIRE]));
  chmodSync(join(content, 'electron'), 0o755);
  for (const name of [
    'chrome-sandbox',
    'LICENSE',
    'LICENSES.chromium.html',
    'locales/en-US.pak',
    'resources/default_app.asar',
  ])
    writeFileSync(join(content, name), name);
  writeFileSync(join(content, 'version'), electronVersion);
  const archive = join(folder, `electron-v${electronVersion}-linux-${process.arch}.zip`);
  execFileSync('zip', ['-q', '-r', '-X', archive, '.'], { cwd: content });
  rmSync(content, { recursive: true });
}

/** The carried engine without the GPU libraries, which are most of its size, and with one CPU library. */
function thinEngine(folder: string): string {
  const engineDir = inject('engineDir');
  cpSync(engineDir, folder, { recursive: true, filter: (path) => !/libggml-(cuda|vulkan|cpu-(?!x64))/.test(path) });
  return folder;
}

describe('the configuration', () => {
  test('sets every fuse that keeps the program from being used as another one', () => {
    const [fuses] = (config.plugins ?? []).slice(-1) as unknown as { fusesConfig: Record<number, boolean> }[];
    const set = Object.fromEntries(
      Object.entries(fuses?.fusesConfig ?? {}).flatMap(([key, value]) =>
        FuseV1Options[Number(key)] === undefined ? [] : [[FuseV1Options[Number(key)], value]],
      ),
    );
    expect(set).toEqual({
      RunAsNode: false,
      EnableCookieEncryption: true,
      EnableNodeOptionsEnvironmentVariable: false,
      EnableNodeCliInspectArguments: false,
      EnableEmbeddedAsarIntegrityValidation: true,
      OnlyLoadAppFromAsar: true,
      LoadBrowserProcessSpecificV8Snapshot: false,
      GrantFileProtocolExtraPrivileges: false,
      WasmTrapHandlers: true,
    });
  });

  test('makes what each platform installs from, with native libraries beside the archive', () => {
    expect((config.makers ?? []).map((maker) => ('name' in maker ? maker.name : ''))).toEqual([
      'deb',
      'squirrel',
      'dmg',
      'zip',
    ]);
    expect(config.packagerConfig?.asar).toEqual({ unpack: '**/*.node' });
  });

  test('lets in the built program and what it loads, and nothing else', () => {
    const ignore = config.packagerConfig?.ignore as (path: string) => boolean;
    const inside = [
      '',
      '/package.json',
      '/out',
      '/out/main/index.js',
      '/node_modules',
      '/node_modules/better-sqlite3/lib/index.js',
    ];
    const outside = [
      '/src-main',
      '/tests',
      '/.git',
      '/.cache',
      '/dist-make',
      '/forge.config.ts',
      '/package-lock.json',
      '/outside',
      '/node_modules/electron',
      '/node_modules/node-llama-cpp',
      '/node_modules/better-sqlite3-other',
      '/node_modules/better-sqlite3/deps',
      '/node_modules/better-sqlite3/prebuilds/win32-arm64.node',
    ];
    expect(inside.filter(ignore)).toEqual([]);
    expect(outside.filter((path) => !ignore(path))).toEqual([]);
  });

  test('a machine that cannot make packages is told what to do', () => {
    const error = new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND host.example') });
    expect(explainFailure(error)).toContain('CORTEX_ELECTRON_ZIP_DIR');
    expect(explainFailure(new Error('... target deb: the maker declared that it cannot run on linux.'))).toContain(
      'npm ci',
    );
    expect(explainFailure(new TypeError('a bug'))).toBeNull();
  });
});

describe.skipIf(cannotMake !== null)(`the packages${cannotMake === null ? '' : ` (skipped: ${cannotMake})`}`, () => {
  const directory = temporaryDirectory();
  const place = join(directory.path, 'made');
  const resources = join(place, `Cortex-linux-${process.arch}`, 'resources');
  let artifacts: string[] = [];

  beforeAll(async () => {
    writeElectronDouble(join(directory.path, 'zips'));
    stageResources(ROOT, place, thinEngine(join(directory.path, 'engine')));
    vi.stubEnv('CORTEX_ELECTRON_ZIP_DIR', join(directory.path, 'zips'));
    // What the makers leave in the temporary folder goes with the test's own.
    vi.stubEnv('TMPDIR', directory.path);
    artifacts = await makePackages(place);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    directory[Symbol.dispose]();
  });

  test('are a deb and a zip, named for the version', () => {
    expect(artifacts.map((path) => path.slice(path.lastIndexOf('/') + 1)).toSorted()).toEqual([
      `Cortex-linux-${process.arch}-${version}.zip`,
      `cortex-desktop_${version}_${process.arch === 'x64' ? 'amd64' : process.arch}.deb`,
    ]);
  });

  test('the deb holds program, engine, model, menu entry and icon, for every user to read', async () => {
    const deb = artifacts.find((path) => path.endsWith('.deb')) ?? '';
    const { output } = await run('dpkg', ['--contents', deb]);
    const lines = output.trim().split('\n');
    const modes = new Map(
      lines.map((line) => [line.replace(/^.*? \.\//, '').replace(/ -> .*/, ''), line.slice(0, 10)] as const),
    );
    const under = 'usr/lib/cortex-desktop/resources';
    expect(modes.get('usr/lib/cortex-desktop/cortex-desktop')).toBe('-rwxr-xr-x');
    expect(modes.get(`${under}/engine-ready/llama-server`)).toBe('-rwxr-xr-x');
    expect(modes.get(`${under}/self-test-model/cortex-self-test.gguf`)).toBe('-rw-r--r--');
    expect(modes.has(`${under}/app.asar`)).toBe(true);
    expect(modes.has(`${under}/licences/main-process.md`)).toBe(true);
    expect(modes.has('usr/share/applications/cortex-desktop.desktop')).toBe(true);
    expect(modes.has('usr/share/pixmaps/cortex-desktop.png')).toBe(true);
    expect(modes.has('usr/bin/cortex-desktop')).toBe(true);
    const closed = [...modes].filter(([, mode]) => mode[7] !== 'r' || (mode.startsWith('d') && mode[9] !== 'x'));
    expect(closed).toEqual([]);
  });

  test('the archive holds no source, no test and no package that only the build needs', () => {
    const paths = listPackage(join(resources, 'app.asar'), { isPack: false });
    const packages = new Set(
      paths.flatMap((path) => /^\/node_modules\/(?<name>(@[^/]+\/)?[^/]+)/.exec(path)?.groups?.['name'] ?? []),
    );
    // What is not bundled: the database's binary, and the Docker client with what it stands on.
    expect([...packages]).toEqual(expect.arrayContaining(['better-sqlite3', 'dockerode', 'docker-modem']));
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: boolean }>;
    };
    const forBuilding = [...packages].filter((name) => lock.packages[`node_modules/${name}`]?.dev === true);
    expect(forBuilding).toEqual([]);
    // What is bundled need not lie beside the bundle.
    expect([...packages].filter((name) => ['express', 'pino', 'undici', 'zod', 'yaml'].includes(name))).toEqual([]);
    const ours = paths.filter((path) => !path.startsWith('/node_modules/'));
    expect(ours.filter((path) => /\.tsx?$|^\/(tests|src-|\.git|\.cache)/.test(path))).toEqual([]);
    expect(paths).toContain('/out/main/index.js');
    expect(paths).toContain('/out/preload/index.cjs');
    expect(paths).toContain('/out/renderer/index.html');
    expect(readdirSync(join(resources, 'app.asar.unpacked/node_modules/better-sqlite3/prebuilds'))).toEqual([
      `linux-${process.arch}.node`,
    ]);
  });

  test('the packed Electron has its fuses blown', async () => {
    const wire = await getCurrentFuseWire(join(resources, '..', 'cortex-desktop'));
    expect(wire[FuseV1Options.RunAsNode]).toBe(FuseState.DISABLE);
    expect(wire[FuseV1Options.EnableNodeOptionsEnvironmentVariable]).toBe(FuseState.DISABLE);
    expect(wire[FuseV1Options.OnlyLoadAppFromAsar]).toBe(FuseState.ENABLE);
  });

  /** The packed program on the double, which cannot read inside an archive as Electron does. */
  function startPacked(): Promise<StandInProgram> {
    const unpacked = join(resources, 'app');
    if (!existsSync(unpacked)) extractAll(join(resources, 'app.asar'), unpacked);
    return startOnStandIn(directory.path, {
      main: join(unpacked, 'out/main/index.js'),
      env: { CORTEX_DOUBLE_PACKAGE: unpacked },
    });
  }

  test('the program of the archive runs a model, with the engine that came along', async () => {
    await using program = await startPacked();
    const builds = () => ask(program, 'GET', '/admin/engines/builds');
    await expect
      .poll(builds)
      .toMatchObject([{ source: 'carried', path: join(resources, 'engine-ready'), is_default: true, status: 'ready' }]);
    const folder = join(resources, 'self-test-model');
    expect(
      await ask(program, 'GET', `/admin/models/inspect-folder?folder=${encodeURIComponent(folder)}`),
    ).toMatchObject({ has_gguf: true });
    const { id } = (await ask(program, 'POST', '/admin/models', {
      name: 'packed',
      served_model_name: 'packed',
      engine_type: 'llamacpp',
      runtime: 'process',
      mode: 'offline',
      local_path: join(folder, 'cortex-self-test.gguf'),
      task: 'generate',
      threads: 2,
    })) as { id: number };
    expect(await ask(program, 'POST', `/admin/models/${id}/start`)).toMatchObject({ status: 'running' });
    await (await program.window()).getByRole('navigation', { name: 'Main' }).waitFor();
  });

  test('a package that lost its engine says so, and runs', async () => {
    rmSync(join(resources, 'engine-ready'), { recursive: true });
    await using program = await startPacked();
    expect(await ask(program, 'GET', '/admin/engines/available?source=carried')).toMatchObject([
      {
        source: 'carried',
        installed: false,
        problem: expect.stringContaining('came without the carried engine') as string,
      },
    ]);
    expect(await ask(program, 'GET', '/admin/system/check')).toBeDefined();
  });
});

async function ask(program: StandInProgram, method: string, path: string, body?: unknown): Promise<unknown> {
  const token = readFileSync(join(program.dataDir, 'admin-token'), 'utf8').trim();
  const response = await fetch(program.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}
