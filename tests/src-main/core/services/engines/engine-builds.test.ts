import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ReleaseArchives } from '../../../../../src-main/core/adapters/engine-builds/release-archives.ts';
import { runCommand } from '../../../../../src-main/core/adapters/processes/command.ts';
import { EngineBuilds } from '../../../../../src-main/core/services/engines/engine-builds.ts';
import { Jobs } from '../../../../../src-main/core/services/jobs/jobs.ts';
import { EngineBuildTable } from '../../../../../src-main/core/store/engine-builds.ts';
import { JobTable } from '../../../../../src-main/core/store/jobs.ts';
import { openStore } from '../../../../../src-main/core/store/open.ts';
import { makeTarGz } from '../../../../fakes/archives.ts';
import { runningCommands } from '../../../../fakes/running-commands.ts';
import { startReleaseServer } from '../../../../fakes/release-server.ts';

const SCRIPT = `#!/bin/sh
case "$1" in
  --version) echo 'version: 9000 (abcdef0)' >&2 ;;
  --list-devices) echo 'Available devices:' ;;
esac
`;
const ASSET = 'llama-b9000-bin-ubuntu-x64.tar.gz';

let root = '';
let users: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cortex-builds-'));
  users = [];
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function program(name: string, text = SCRIPT): string {
  mkdirSync(join(root, name), { recursive: true });
  const file = join(root, name, 'llama-server');
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

function makeBuilds(options: { releasesUrl?: string; readyMadeDir?: string; table?: EngineBuildTable } = {}) {
  const store = openStore(':memory:');
  const clock = { now: () => 1_000_000 };
  const log = pino({ enabled: false });
  const table = options.table ?? new EngineBuildTable(store);
  const jobs = new Jobs(new JobTable(store), clock, log);
  const builds = new EngineBuilds({
    table,
    jobs,
    clock,
    log,
    enginesDir: join(root, 'engines'),
    sourcesDir: 'resources/engine',
    readyMadeDir: options.readyMadeDir ?? null,
    releases: new ReleaseArchives({
      baseUrl: options.releasesUrl ?? 'http://127.0.0.1:9',
      downloadsDir: join(root, 'downloads'),
      platform: 'linux',
      arch: 'x64',
    }),
    usersOf: () => users,
  });
  return { builds, jobs, table };
}

describe('an engine of the owner’s own', () => {
  test('is tried, added, made the default, and resolved for a launch', async () => {
    const { builds, jobs } = makeBuilds();
    const path = program('own');
    const job = await jobs.finished(builds.install({ source: 'path', path }).id);
    expect(job.status).toBe('completed');
    const [build] = await builds.list();
    expect(build).toMatchObject({
      id: job.result,
      version: 'b9000',
      source: 'path',
      is_default: true,
      status: 'ready',
    });
    expect(await builds.resolve(null)).toMatchObject({ executable: path, backend: 'cpu', version: 'b9000' });
  });

  test('that changed behind our back is broken, and is not launched', async () => {
    const { builds, jobs } = makeBuilds();
    const path = program('own');
    await jobs.finished(builds.install({ source: 'path', path }).id);
    await builds.list();
    program('own', `${SCRIPT}# changed\n`);
    expect((await builds.list())[0]).toMatchObject({
      status: 'broken',
      problem: expect.stringContaining('has changed'),
    });
    await expect(builds.resolve(null)).rejects.toMatchObject({ code: 'engine_build_invalid' });
  });

  test.each([
    ['a program that is something else', '#!/bin/sh\necho hello\n', 'did not run as a llama-server'],
    ['a program that fails', '#!/bin/sh\necho "libfoo.so.1: cannot open" >&2; exit 127\n', 'libfoo.so.1: cannot open'],
  ])('%s is refused with its own words', async (_, text, words) => {
    const { builds, jobs } = makeBuilds();
    const job = await jobs.finished(builds.install({ source: 'path', path: program('other', text) }).id);
    expect(job).toMatchObject({ status: 'failed', error: expect.stringContaining(words) });
    expect(await builds.list()).toEqual([]);
  });

  test('a path that does not exist is said so', async () => {
    const { builds, jobs } = makeBuilds();
    const job = await jobs.finished(builds.install({ source: 'path', path: join(root, 'nowhere') }).id);
    expect(job.error).toContain('does not exist');
  });

  test('removing it leaves its files alone', async () => {
    const { builds, jobs } = makeBuilds();
    const path = program('own');
    const { result } = await jobs.finished(builds.install({ source: 'path', path }).id);
    await builds.remove(result ?? '');
    expect(existsSync(path)).toBe(true);
    await expect(builds.resolve(null)).rejects.toMatchObject({ code: 'no_engine_build' });
  });
});

describe('a release build', () => {
  const archive = makeTarGz([{ path: 'llama-b9000/llama-server', content: SCRIPT, mode: 0o755 }]);

  test('is offered, installed once although asked for twice, and removed with its files', async () => {
    await using server = await startReleaseServer('b9000', [{ name: ASSET, bytes: archive }]);
    const { builds, jobs } = makeBuilds({ releasesUrl: server.url });
    expect(await builds.available('release')).toMatchObject([{ asset: ASSET, installed: false, problem: null }]);
    const wanted = { source: 'release', version: 'b9000', asset: ASSET } as const;
    const first = builds.install(wanted);
    expect(builds.install(wanted).id).toBe(first.id);
    const { result } = await jobs.finished(first.id);
    expect(await builds.available('release')).toMatchObject([{ installed: true }]);
    const folder = (await builds.list())[0]?.path ?? '';
    expect(existsSync(join(folder, 'llama-server'))).toBe(true);
    await builds.remove(result ?? '');
    expect(existsSync(folder)).toBe(false);
  });

  test('an asset name that is a path never becomes one', async () => {
    await using server = await startReleaseServer('b9000', [{ name: ASSET, bytes: archive }]);
    const { builds, jobs } = makeBuilds({ releasesUrl: server.url });
    const job = await jobs.finished(
      builds.install({ source: 'release', version: 'b9000', asset: '../../x-bin-ubuntu-x64.tar.gz' }).id,
    );
    expect(job).toMatchObject({ status: 'failed', error: expect.stringContaining('has no archive') });
  });

  test('an unreachable release host does not hide the carried engine', async () => {
    const { builds } = makeBuilds();
    expect((await builds.available()).map(({ source }) => source)).toEqual(['carried']);
    await expect(builds.available('release')).rejects.toMatchObject({ code: 'hub_unreachable' });
  });

  test('whose library is cut short or gone is broken at once, though its program is as it was', async () => {
    const files = [
      { path: 'llama-b9000/llama-server', content: SCRIPT, mode: 0o755 },
      { path: 'llama-b9000/libllama.so', content: 'x'.repeat(1000) },
    ];
    await using server = await startReleaseServer('b9000', [{ name: ASSET, bytes: makeTarGz(files) }]);
    const { builds, jobs } = makeBuilds({ releasesUrl: server.url });
    await jobs.finished(builds.install({ source: 'release', version: 'b9000', asset: ASSET }).id);
    const { path = '', id = '' } = (await builds.list())[0] ?? {};
    expect(await builds.recheck(id, AbortSignal.timeout(5000))).toBeNull();
    // What a person lays beside it, such as a GPU's runtime, is no damage.
    writeFileSync(join(path, 'libcudart.so.13'), '');
    expect((await builds.list())[0]?.status).toBe('ready');
    truncateSync(join(path, 'libllama.so'), 900);
    expect((await builds.list())[0]).toMatchObject({
      status: 'broken',
      problem: expect.stringMatching(/100 bytes .* Install this build again/),
    });
    expect(await builds.recheck(id, AbortSignal.timeout(5000))).toContain('Install this build again');
    await expect(builds.resolve(id)).rejects.toMatchObject({ code: 'engine_build_invalid' });
    await jobs.finished(builds.install({ source: 'release', version: 'b9000', asset: ASSET }).id);
    expect((await builds.list())[0]?.status).toBe('ready');
  });

  test('is looked at anew when asked to, not as it was found a moment ago', async () => {
    const path = program('own', `${SCRIPT}[ -e '${join(root, 'bad')}' ] && kill -BUS $$\nexit 0\n`);
    const { builds, jobs } = makeBuilds();
    const { result } = await jobs.finished(builds.install({ source: 'path', path }).id);
    expect((await builds.list())[0]?.status).toBe('ready');
    writeFileSync(join(root, 'bad'), '');
    expect((await builds.list())[0]?.status).toBe('ready');
    expect(await builds.recheck(result ?? '', AbortSignal.timeout(5000))).toContain('did not run as a llama-server');
    expect((await builds.list())[0]?.status).toBe('broken');
    expect(await builds.recheck('nothing', AbortSignal.timeout(5000))).toBeNull();
  });
});

test('a build that a model uses is not removed', async () => {
  const { builds, jobs } = makeBuilds();
  const { result } = await jobs.finished(builds.install({ source: 'path', path: program('own') }).id);
  users = ['llama'];
  await expect(builds.remove(result ?? '')).rejects.toMatchObject({ code: 'engine_build_in_use' });
});

test('removing the default hands that place to another build', async () => {
  const { builds, jobs } = makeBuilds();
  const one = await jobs.finished(builds.install({ source: 'path', path: program('one') }).id);
  const two = await jobs.finished(builds.install({ source: 'path', path: program('two') }).id);
  await builds.setDefault(two.result ?? '');
  expect((await builds.list()).filter((build) => build.is_default).map(({ id }) => id)).toEqual([two.result]);
  await builds.remove(two.result ?? '');
  expect((await builds.list()).map(({ id, is_default }) => [id, is_default])).toEqual([[one.result, true]]);
  await expect(builds.setDefault('nothing')).rejects.toMatchObject({ code: 'not_found' });
});

test('at start the engine shipped ready is taken up, and what a killed install left is cleared', async () => {
  program('shipped');
  mkdirSync(join(root, 'engines', '.carried-v0.5.0-Ab12'), { recursive: true });
  const { builds } = makeBuilds({ readyMadeDir: join(root, 'shipped') });
  await builds.ensureDefault();
  expect(await builds.list()).toMatchObject([{ source: 'carried', is_default: true, path: join(root, 'shipped') }]);
  expect(existsSync(join(root, 'engines', '.carried-v0.5.0-Ab12'))).toBe(false);
});

test('at start the compilers of a killed program are ended, and those of one that lives are not', async () => {
  const host = fileURLToPath(new URL('../../../../fixtures/command-host.ts', import.meta.url));
  const seconds = `60.${process.pid}`;
  const child = spawn(process.execPath, [host, seconds], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const own = new AbortController();
  const ours = runCommand(['sleep', `61.${process.pid}`], { timeoutMs: 60_000 }, own.signal);
  child.kill('SIGKILL');
  await once(child, 'exit');
  // The shell and what it started.
  expect(runningCommands(seconds)).toHaveLength(2);
  await makeBuilds().builds.ensureDefault();
  expect(runningCommands(seconds)).toEqual([]);
  expect(runningCommands(`61.${process.pid}`)).toHaveLength(1);
  own.abort();
  await expect(ours).rejects.toThrow();
});
