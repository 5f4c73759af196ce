import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { isAlive } from '../../../../../src-main/core/adapters/processes/identity.ts';
import { BROKEN_MODELS, brokenModel } from '../../../../fixtures/broken-models.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

const executable = () => join(inject('engineDir'), 'llama-server');

let bench: Workbench;
let files: string;
beforeAll(() => {
  bench = new Workbench({ executable: executable() });
  files = mkdtempSync(join(tmpdir(), 'cortex-bad-'));
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  rmSync(files, { recursive: true, force: true });
});

describe('a file that cannot be loaded', () => {
  it.each(BROKEN_MODELS)('%s fails as %s, and the program goes on', async (name, code, change) => {
    const id = await bench.add(brokenModel(files, name, change));
    const answer = await bench.supervisor.start(id);
    expect(answer).toMatchObject({ status: 'failed', diagnosis: { code } });
    expect(answer.error).toBe(answer.diagnosis?.summary);
    expect(answer.diagnosis?.evidence.length).toBeGreaterThan(0);
    expect(bench.supervisor.readiness(id).status).toBe('error');
    expect(await bench.supervisor.diagnosedLogs(id)).toMatchObject({ state: 'failed', summary: answer.error });
    expect(bench.launches.all()).toEqual([]);
  });

  it('is told apart from a draft model that cannot be loaded, and the fix works', async () => {
    const draft = brokenModel(files, 'draft.gguf', () => Buffer.from('no model'));
    const id = await bench.add(SELF_TEST_MODEL, { draft_model_path: draft, draft_n: 4 });
    const { diagnosis } = await bench.supervisor.start(id);
    expect(diagnosis?.code).toBe('draft_model_failed');
    await bench.models.update(id, diagnosis?.fixes[0]?.patch ?? {});
    expect((await bench.supervisor.start(id)).status).toBe('running');
    await bench.supervisor.stop(id);
  });
});

describe('an engine that ends', () => {
  it('by SIGKILL is diagnosed within two seconds, and starts again', async () => {
    const id = await bench.add(SELF_TEST_MODEL);
    await bench.supervisor.start(id);
    process.kill(bench.models.get(id).engine?.pid ?? 0, 'SIGKILL');
    const begun = Date.now();
    while (bench.models.get(id).state === 'running') await sleep(10);
    expect(Date.now() - begun).toBeLessThan(2000);
    expect(bench.models.get(id)).toMatchObject({ state: 'failed', diagnosis: { code: 'killed' }, port: null });
    expect((await bench.supervisor.start(id)).status).toBe('running');
    expect(bench.models.get(id).diagnosis).toBeNull();
    await bench.supervisor.stop(id);
  });

  it('for lack of memory says so', async () => {
    // 15,000,000 tokens of context need about 2 GB for the cache and much more for computing.
    const limited = script('limited', `ulimit -v 3000000; exec '${executable()}' "$@"`);
    await using own = new Workbench({ executable: limited });
    const id = await own.add(SELF_TEST_MODEL, { context_size: 15_000_000 });
    const { diagnosis } = await own.supervisor.start(id);
    expect(diagnosis?.code).toBe('host_out_of_memory');
    expect(diagnosis?.fixes[0]?.patch).toEqual({ context_size: 7_500_000 });
  });

  it('because its port is always taken says that, after other ports were tried', async () => {
    // Every port it is given is taken: by itself, started a moment earlier.
    const doubled = script(
      'doubled',
      `'${executable()}' "$@" >/dev/null 2>&1 & sleep 0.4; exec '${executable()}' "$@"`,
    );
    await using own = new Workbench({ executable: doubled });
    const id = await own.add(SELF_TEST_MODEL, { startup_timeout_sec: 20 });
    // The first one answers with our key and our name: it is stopped with the group when the second ends.
    const answer = await own.supervisor.start(id);
    while (own.supervisor.life(id).isActive) await sleep(20);
    expect(answer.status === 'running' || answer.diagnosis?.code === 'port_in_use').toBe(true);
    expect(own.models.get(id).diagnosis?.code).toBe('port_in_use');
    expect(own.launches.all()).toEqual([]);
  });

  it('never becomes ready is ended at its deadline', async () => {
    const silent = script('silent', 'exec sleep 60');
    await using own = new Workbench({ executable: silent });
    const id = await own.add(SELF_TEST_MODEL, { startup_timeout_sec: 5 });
    const { diagnosis } = await own.supervisor.start(id);
    expect(diagnosis?.code).toBe('start_timeout');
    expect(diagnosis?.fixes[0]?.patch).toEqual({ startup_timeout_sec: 15 });
  });

  it('cannot be started at all says so', async () => {
    const notAProgram = join(files, 'not-a-program');
    writeFileSync(notAProgram, 'x');
    await using own = new Workbench({ executable: notAProgram });
    const id = await own.add(SELF_TEST_MODEL);
    expect((await own.supervisor.start(id)).diagnosis?.code).toBe('engine_not_startable');
  });
});

function script(name: string, body: string): string {
  const path = join(files, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('a start that cannot be tried', () => {
  it('is refused, and the state stays at rest and says why', async () => {
    await using own = new Workbench({ executable: null });
    const id = await own.add(SELF_TEST_MODEL);
    await expect(own.supervisor.start(id)).rejects.toMatchObject({ code: 'no_engine_build' });
    expect(own.models.get(id)).toMatchObject({
      state: 'stopped',
      state_detail: expect.stringContaining('Install one'),
    });
  });

  it('is one with a flag that this engine does not know', async () => {
    const id = await bench.add(SELF_TEST_MODEL, { engine_startup_args_json: '[{"flag":"--keeep","type":"flag"}]' });
    await expect(bench.supervisor.start(id)).rejects.toThrow(/--keeep is no flag/);
    await bench.models.update(id, { engine_startup_args_json: '[{"flag":"--keep","type":"int","value":8}]' });
    expect((await bench.supervisor.start(id)).status).toBe('running');
    await bench.supervisor.stop(id);
  });
});

describe('the environment of an engine', () => {
  it('holds nothing of ours: a stray LLAMA_ARG_PORT does not move it', async () => {
    process.env['LLAMA_ARG_PORT'] = '1';
    process.env['LLAMA_ARG_N_PARALLEL'] = '9';
    process.env['CORTEX_SECRET'] = 'owner-token';
    try {
      const id = await bench.add(SELF_TEST_MODEL, { parallel_slots: 2 });
      expect((await bench.supervisor.start(id)).status).toBe('running');
      const { pid, slots } = bench.models.get(id).engine ?? {};
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .map((entry) => entry.split('=')[0]);
      expect(slots).toBe(2);
      expect(new Set(environment.filter(Boolean))).toEqual(
        new Set(['CORTEX_LAUNCH_ID', 'HOME', 'LANG', 'LLAMA_API_KEY', 'PATH', 'TMPDIR']),
      );
      await bench.supervisor.stop(id);
    } finally {
      delete process.env['LLAMA_ARG_PORT'];
      delete process.env['LLAMA_ARG_N_PARALLEL'];
      delete process.env['CORTEX_SECRET'];
    }
  });
});

describe('a program killed with kill -9', () => {
  const host = fileURLToPath(new URL('../../../../fixtures/supervisor-host.ts', import.meta.url));

  it.each(['loading', 'running'])('while its model is %s leaves no engine after the next start', async (state) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'cortex-killed-'));
    const child = spawn(process.execPath, [host, executable(), dataDir, state], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pid = await new Promise<number>((resolve) => {
      child.stdout.on('data', (text: Buffer) => resolve(Number(text.toString())));
    });
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(isAlive(pid)).toBe(true);
    await using next = new Workbench({ executable: executable(), dataDir });
    await next.supervisor.recover(AbortSignal.timeout(10_000));
    expect(isAlive(pid)).toBe(false);
    expect(next.launches.all()).toEqual([]);
    expect(next.models.list().map((model) => model.state)).toEqual(['stopped']);
    expect((await next.supervisor.start(1)).status).toBe('running');
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('before it wrote down the process id is found by the mark of the launch', async () => {
    const id = await bench.add(SELF_TEST_MODEL);
    await bench.supervisor.start(id);
    const pid = bench.models.get(id).engine?.pid ?? 0;
    const [launch] = bench.launches.all();
    bench.launches.delete(launch?.id ?? '');
    bench.launches.insert({ ...launch!, id: launch!.id });
    expect(bench.launches.all()[0]?.pid).toBeNull();
    await using next = new Workbench({ executable: executable(), dataDir: bench.dataDir });
    await next.supervisor.recover(AbortSignal.timeout(10_000));
    expect(isAlive(pid)).toBe(false);
    while (bench.supervisor.life(id).isActive) await sleep(20);
  });

  it('never costs another program its life that got the same process id', async () => {
    const innocent = spawn('/bin/sleep', ['30'], { detached: true });
    await using next = new Workbench({ executable: executable() });
    const id = await next.add(SELF_TEST_MODEL);
    next.launches.insert({
      id: 'old',
      model_id: id,
      executable: '/bin/sleep',
      port: 1,
      runtime: 'process',
      started_at: 1,
    });
    next.launches.setProcess('old', innocent.pid ?? 0, '12345');
    await next.supervisor.recover(AbortSignal.timeout(10_000));
    expect(isAlive(innocent.pid ?? 0)).toBe(true);
    innocent.kill('SIGKILL');
  });
});
