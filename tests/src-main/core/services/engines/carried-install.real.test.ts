import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { ReleaseArchives } from '../../../../../src-main/core/adapters/engine-builds/release-archives.ts';
import { runCommand } from '../../../../../src-main/core/adapters/processes/command.ts';
import { EngineBuilds } from '../../../../../src-main/core/services/engines/engine-builds.ts';
import { Jobs } from '../../../../../src-main/core/services/jobs/jobs.ts';
import { EngineBuildTable } from '../../../../../src-main/core/store/engine-builds.ts';
import { JobTable } from '../../../../../src-main/core/store/jobs.ts';
import { openStore } from '../../../../../src-main/core/store/open.ts';
import { runningCommands } from '../../../../fakes/running-commands.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cortex-install-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function makeBuilds(readyMadeDir: string | null) {
  const store = openStore(':memory:');
  const clock = { now: () => Date.now() };
  const log = pino({ enabled: false });
  const jobs = new Jobs(new JobTable(store), clock, log);
  const releases = new ReleaseArchives({ baseUrl: 'http://127.0.0.1:9', downloadsDir: join(root, 'downloads') });
  const builds = new EngineBuilds({
    table: new EngineBuildTable(store),
    jobs,
    clock,
    log,
    enginesDir: join(root, 'engines'),
    sourcesDir: 'resources/engine',
    readyMadeDir,
    releases,
    usersOf: () => [],
  });
  return { builds, jobs };
}

test('an engine shipped ready is installed at once, with a verdict on each backend it brings', async () => {
  const { builds, jobs } = makeBuilds(inject('engineDir'));
  const job = await jobs.finished(builds.install({ source: 'carried' }).id);
  expect(job).toMatchObject({ status: 'completed', result: 'carried-v0.5.0' });
  const [build] = await builds.list();
  expect(build).toMatchObject({ version: 'v0.5.0', source: 'carried', status: 'ready', is_default: true });
  expect(build?.backends.map(({ backend }) => backend)).toContain('cpu');
  for (const check of build?.backends ?? []) expect(check.usable || check.problem).toBeTruthy();
  const resolved = await builds.resolve(null);
  const said = await runCommand(
    [resolved.executable, '--version'],
    { env: resolved.env, timeoutMs: 20_000 },
    AbortSignal.timeout(20_000),
  );
  expect(said.kind === 'exited' && said.code).toBe(0);
});

test('a cancelled assembly ends its compilers at once and leaves nothing behind', async () => {
  const { builds, jobs } = makeBuilds(null);
  const { id } = builds.install({ source: 'carried' });
  while (!jobs.get(id).step.startsWith('Compiling')) {
    expect(jobs.get(id).status).toBe('running');
    await sleep(100);
  }
  const cancelled = await jobs.cancel(id);
  expect(cancelled.status).toBe('cancelled');
  expect(existsSync(join(root, 'engines')) ? readdirSync(join(root, 'engines')) : []).toEqual([]);
  expect(runningCommands(root)).toEqual([]);
});
