import { createServer } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../../src-main/contract/errors.ts';
import type { LogLine } from '../../../../../src-main/contract/models.ts';
import { FakeEngineProcesses, type ScriptedProcess } from '../../../../fakes/engine-processes.ts';
import { SELF_TEST_MODEL, Workbench } from '../../../../fixtures/workbench.ts';

function workbench(
  script: (process: ScriptedProcess, nth: number) => void,
  dataDir?: string,
  more: { readonly engineProblem?: string } = {},
) {
  const processes = new FakeEngineProcesses(script);
  const place = dataDir === undefined ? {} : { dataDir };
  const bench = new Workbench({ executable: '/bin/true', processes, ...place, ...more });
  return { bench, processes };
}

const PORT_LOST = "0.00.016.581 E srv         start: couldn't bind HTTP server socket, hostname: 127.0.0.1, port: 1";

describe('a start', () => {
  it('takes another port when the first was lost, and never counts that as a failure', async () => {
    const { bench, processes } = workbench((process, nth) => {
      if (nth > 2) return void process.listen();
      process.log(PORT_LOST);
      process.end({ exitCode: 1 });
    });
    await using own = bench;
    const id = await own.add(SELF_TEST_MODEL);
    expect((await own.supervisor.start(id)).status).toBe('running');
    expect(new Set(processes.spawned.map((request) => request.env['LLAMA_API_KEY'])).size).toBe(3);
    expect(own.launches.all()).toHaveLength(1);
  });

  it('gives up with a diagnosis when every port is lost', async () => {
    const { bench, processes } = workbench((process) => {
      process.log(PORT_LOST);
      process.end({ exitCode: 1 });
    });
    await using own = bench;
    const id = await own.add(SELF_TEST_MODEL);
    expect((await own.supervisor.start(id)).diagnosis?.code).toBe('port_in_use');
    expect(processes.spawned).toHaveLength(4);
  });

  it('does not take another program for the engine, which answers health checks on its port', async () => {
    let impostor: ReturnType<typeof createServer> | null = null;
    const { bench } = workbench((process, nth) => {
      if (nth > 1) return void process.listen();
      impostor = createServer((_, response) => response.end('{"status":"ok","data":[]}'));
      impostor.listen(process.port, '127.0.0.1', () => {
        setTimeout(() => {
          process.log(PORT_LOST);
          process.end({ exitCode: 1 });
        }, 300);
      });
    });
    await using own = bench;
    const states: string[] = [];
    own.supervisor.onChange((model) => states.push(own.models.get(model).state));
    const id = await own.add(SELF_TEST_MODEL);
    expect((await own.supervisor.start(id)).status).toBe('running');
    expect(states.filter((state, index) => state === 'running' && states[index - 1] !== 'running')).toHaveLength(1);
    (impostor as ReturnType<typeof createServer> | null)?.close();
  });

  it.each([
    ['a crash', { signal: 'SIGBUS' }, null, 'engine_broken'],
    ['a silent end', { exitCode: 1 }, null, 'engine_broken'],
    ['a bad file', { exitCode: 1 }, "E gguf_init: invalid magic characters: 'no', expected 'GGUF'", 'not_a_gguf'],
  ])('blames a broken engine for %s only where the log names no other reason', async (_, end, line, code) => {
    const script = (process: ScriptedProcess) => {
      if (line !== null) process.log(line);
      process.end(end);
    };
    const { bench } = workbench(script, undefined, { engineProblem: 'Its library was cut. Install this build again.' });
    await using own = bench;
    const { diagnosis } = await own.supervisor.start(await own.add(SELF_TEST_MODEL));
    expect(diagnosis?.code).toBe(code);
    if (code === 'engine_broken') expect(diagnosis?.summary).toContain('Its library was cut');
    // With an engine that is sound the crash stays one.
    const sound = workbench(script).bench;
    await using other = sound;
    expect((await other.supervisor.start(await other.add(SELF_TEST_MODEL))).diagnosis?.code).not.toBe('engine_broken');
  });

  it('can be tried again after it was refused', async () => {
    const { bench } = workbench((process) => void process.listen());
    await using own = bench;
    const id = await own.add(SELF_TEST_MODEL);
    const record = own.table.get(id)!;
    own.table.update(id, { ...record, localPath: '/nowhere.gguf' }, 1);
    await expect(own.supervisor.start(id)).rejects.toMatchObject({ code: 'path_not_found' });
    expect(own.models.get(id)).toMatchObject({ state: 'stopped', state_detail: '"/nowhere.gguf" does not exist.' });
    own.table.update(id, record, 1);
    expect((await own.supervisor.start(id)).status).toBe('running');
  });

  it('checks stored fields again: a database edited by hand starts nothing dangerous', async () => {
    const { bench, processes } = workbench(() => undefined);
    await using own = bench;
    const id = await own.add(SELF_TEST_MODEL);
    const record = own.table.get(id)!;
    const fields = { engine_startup_args_json: '[{"flag":"--api-key","type":"string","value":"x"}]' };
    own.table.update(id, { ...record, fields }, 1);
    await expect(own.supervisor.start(id)).rejects.toMatchObject({ code: 'validation_failed' });
    expect(processes.spawned).toEqual([]);
  });
});

describe('the state of a model', () => {
  it('that failed is still explained after a restart; one that ran is stopped, and its trace is handed over', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'cortex-test-'));
    const first = workbench((process, nth) => {
      if (nth === 1) {
        process.log("E gguf_init_from_reader: invalid magic characters: 'not ', expected 'GGUF'");
        process.end({ exitCode: 1 });
      } else void process.listen();
    }, dataDir);
    const failed = await first.bench.add(SELF_TEST_MODEL);
    const running = await first.bench.add(SELF_TEST_MODEL);
    await first.bench.supervisor.start(failed);
    await first.bench.supervisor.start(running);

    // A second program on the same data stands for the next start after a kill.
    const next = workbench(() => undefined, dataDir);
    await next.bench.supervisor.recover(AbortSignal.timeout(1000));
    expect(next.processes.strays.map((trace) => trace.pid)).toEqual([1_000_002]);
    expect(next.bench.models.get(failed)).toMatchObject({ state: 'failed', diagnosis: { code: 'not_a_gguf' } });
    expect(next.bench.models.get(running)).toMatchObject({ state: 'stopped', diagnosis: null });
    await next.bench[Symbol.asyncDispose]();
    await first.bench[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('reaches the gateway at once, with its defaults and its engine', async () => {
    const { bench } = workbench((process) => {
      process.log(
        "0.00.069.226 I srv    load_model: initializing, n_slots = 4, n_ctx_slot = 1024, kv_unified = 'true'",
      );
      void process.listen();
    });
    await using own = bench;
    const id = await own.add(SELF_TEST_MODEL, { temperature: 0, request_timeout_sec: 7 });
    const { routes } = own.supervisor;
    expect(routes.get('model-1')).toMatchObject({
      state: 'stopped',
      target: null,
      requestDefaults: { temperature: 0 },
    });
    const changed = routes.changed(id, AbortSignal.timeout(5000));
    await own.supervisor.start(id);
    await changed;
    expect(routes.get('model-1')).toMatchObject({
      state: 'running',
      contextLength: 1024,
      slots: 4,
      requestTimeoutMs: 7000,
      target: { origin: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
    });
    await own.models.update(id, { served_model_name: 'renamed', temperature: null });
    expect(routes.get('model-1')).toBeUndefined();
    expect(routes.get('renamed')?.requestDefaults).toEqual({});
    await own.models.remove(id);
    expect(routes.entries()).toEqual([]);
  });

  it('wakes whoever waits for it when the wait is over, even if nothing changed', async () => {
    const { bench } = workbench(() => undefined);
    await using own = bench;
    const id = await own.add(SELF_TEST_MODEL);
    await own.supervisor.routes.changed(id, AbortSignal.timeout(20));
  });

  it('remembers when it was last used', async () => {
    const { bench } = workbench(() => undefined);
    await using own = bench;
    const id = await own.add(SELF_TEST_MODEL);
    own.supervisor.touch(id);
    await own.supervisor.shutdown();
    expect(own.models.get(id).last_used_at).toBeGreaterThan(1_700_000_000);
  });
});

describe('any order of starts, stops, crashes and deletions', () => {
  it('never runs two processes of one model, and ends at rest with nothing written down', async () => {
    const step = fc.constantFrom('start', 'stop', 'crash', 'wait');
    const scenario = fc.record({
      steps: fc.array(step, { maxLength: 12 }),
      end: fc.constantFrom('delete', 'shutdown'),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ steps, end }) => {
        const alive = new Set<ScriptedProcess>();
        let most = 0;
        const { bench } = workbench((process) => {
          alive.add(process);
          most = Math.max(most, alive.size);
          void process.ended.then(() => alive.delete(process));
          void process.listen();
        });
        const id = await bench.add(SELF_TEST_MODEL);
        const pending: Promise<unknown>[] = [];
        for (const action of steps) {
          if (action === 'start') pending.push(bench.supervisor.start(id, { waitMs: 2000 }));
          else if (action === 'stop') pending.push(bench.supervisor.stop(id));
          else if (action === 'crash') for (const process of alive) process.end({ signal: 'SIGSEGV' });
          else await sleep(5);
        }
        if (end === 'delete') pending.push(bench.models.remove(id));
        else pending.push(bench.supervisor.shutdown());
        const outcomes = await Promise.allSettled(pending);
        expect(most).toBeLessThanOrEqual(1);
        expect(alive.size).toBe(0);
        expect(bench.launches.all()).toEqual([]);
        expect(bench.table.all().every((model) => ['stopped', 'failed'].includes(model.state))).toBe(true);
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(AppError);
        }
        await bench[Symbol.asyncDispose]();
      }),
      { numRuns: 25 },
    );
  });
});

describe('logs', () => {
  it('are shown from the start of the launch, and a watcher gets the kept ones and then the new ones', async () => {
    let logMore: (line: string) => void = () => undefined;
    const { bench } = workbench((process) => {
      logMore = (line) => process.log(line);
      process.log('one');
      void process.listen();
    });
    await using own = bench;
    const id = await own.add(SELF_TEST_MODEL);
    await own.supervisor.start(id);
    const leave = new AbortController();
    const seen: LogLine[] = [];
    for await (const { lines } of own.supervisor.watchLogs(id, leave.signal)) {
      seen.push(...lines);
      if (seen.length === 2) logMore('E two');
      if (seen.length === 3) leave.abort();
    }
    expect(seen.map((line) => [line.n, line.text])).toEqual([
      [0, expect.stringMatching(/^\$ \/bin\/true -m /)],
      [1, 'one'],
      [2, 'E two'],
    ]);
    expect(await own.supervisor.logs(id)).toMatch(/\none\nE two$/);
  });
});
