import { copyFileSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { randomModelPath } from '../fixtures/gguf/random-model.ts';
import { engineFlags } from './engine.ts';
import { rawRequest } from './raw-request.ts';
import { RunningProgram, SELF_TEST_FOLDER, temporaryDirectory } from './program.ts';

/** Engines that serve from this data directory, by the mark in their command line. */
function enginesOf(modelFile: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        return line.includes('llama-server') && line.includes(modelFile);
      } catch {
        return false;
      }
    })
    .map(Number);
}

const selfTest = { name: 'Self test', served_model_name: 'self-test', local_path: SELF_TEST_FOLDER };

describe('start and end', () => {
  test("ready line, single-use login link, owner token, health, and exit 0 within ten seconds of npm's SIGTERM", async () => {
    using directory = temporaryDirectory();
    await using program = RunningProgram.spawn(directory.path, ['--port', '0', ...engineFlags()], {}, [
      'npm',
      'run',
      '--silent',
      'headless',
      '--',
    ]);
    let output = '';
    program.child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await expect.poll(() => output, { timeout: 60_000 }).toMatch(/On another port/);
    const url = /Cortex is ready at (?<url>http:\/\/127\.0\.0\.1:\d+)\n/.exec(output)?.groups?.['url'] ?? '';
    const link = /Log in once with (?<link>\S+)/.exec(output)?.groups?.['link'] ?? '';
    expect(await (await fetch(`${url}/health`)).json()).toEqual({ status: 'ok' });
    expect(statSync(join(program.dataDir, 'admin-token')).mode & 0o777).toBe(0o600);
    // A preview of the link must not use it up.
    expect((await fetch(link, { method: 'HEAD', redirect: 'manual' })).headers.get('set-cookie')).toBeNull();
    const first = await fetch(link, { redirect: 'manual' });
    expect([first.status, first.headers.get('location')]).toEqual([303, '/']);
    expect(first.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await fetch(link, { redirect: 'manual' })).status).toBe(401);

    program.url = url;
    await program.runModel(selfTest);
    expect(enginesOf(program.dataDir).length + enginesOf(SELF_TEST_FOLDER).length).toBeGreaterThan(0);
    const startedAt = Date.now();
    // npm's own process: the program behind it must hear it.
    expect(await program.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    expect(enginesOf(SELF_TEST_FOLDER)).toEqual([]);
  });

  test('SIGINT finishes an answer that is being written, then ends with 0', async () => {
    using directory = temporaryDirectory();
    await using program = await RunningProgram.start(directory.path, engineFlags());
    await program.runModel(selfTest);
    const key = await program.createKey();
    const response = await fetch(`${program.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'self-test', stream: true, messages: [{ role: 'user', content: 'hi' }] }),
    });
    const ended = program.stop('SIGINT');
    expect(await response.text()).toContain('[DONE]');
    expect(await ended).toEqual({ code: 0, signal: null });
    const db = new Database(join(program.dataDir, 'cortex.db'), { readonly: true });
    expect(db.prepare('SELECT status_code, completion_tokens FROM usage').all()).toEqual([
      { status_code: 200, completion_tokens: 10 },
    ]);
    db.close();
  });

  test('SIGTERM in the middle of the start is an end with 0 as well', async () => {
    using directory = temporaryDirectory();
    await using program = RunningProgram.spawn(directory.path, ['--port', '0'], {}, [
      process.execPath,
      'out/main/headless.js',
    ]);
    await expect
      .poll(() => existsSync(join(program.dataDir, 'instance.lock')), { interval: 2, timeout: 20_000 })
      .toBe(true);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  test('an answer that will not end is told that the program does, and the ledger knows why', async () => {
    using directory = temporaryDirectory();
    await using program = await RunningProgram.start(directory.path, engineFlags());
    copyFileSync(randomModelPath(), join(program.modelsDir, 'random.gguf'));
    const slow = { name: 'Random', served_model_name: 'random', local_path: 'random.gguf' };
    await program.runModel({ ...slow, context_size: 32_768, parallel_slots: 1 });
    const response = await fetch(`${program.url}/v1/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await program.createKey()}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'random', prompt: 'x', stream: true, ignore_eos: true, max_tokens: 30_000 }),
    });
    const startedAt = Date.now();
    const ended = program.stop();
    expect(await response.text()).toContain('"code":"shutting_down"');
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(Date.now() - startedAt).toBeLessThan(10_000);
    const db = new Database(join(program.dataDir, 'cortex.db'), { readonly: true });
    expect(db.prepare('SELECT status_code, error_code FROM usage').all()).toEqual([
      { status_code: 503, error_code: 'shutting_down' },
    ]);
    db.close();
  });

  test('a data directory that cannot serve and a damaged database are said in a sentence', async () => {
    using directory = temporaryDirectory();
    const refused = async (flags: string[]) => {
      await using program = RunningProgram.spawn(directory.path, ['--port', '0', ...flags]);
      expect((await program.ended).code).toBe(1);
      expect(program.output).not.toMatch(/\n\s+at /);
      return program.output;
    };
    writeFileSync(join(directory.path, 'file'), '');
    expect(await refused(['--data-dir', join(directory.path, 'file')])).toMatch(/is not a folder.*--data-dir/s);
    // Node's own recursive mkdir never ends here.
    expect(await refused(['--data-dir', '/proc/nowhere/cortex'])).toMatch(/cannot be used/);
    await (await RunningProgram.start(directory.path)).stop();
    writeFileSync(join(directory.path, 'data', 'cortex.db'), 'overwritten '.repeat(1000));
    expect(await refused([])).toMatch(/is damaged.*Move it aside/s);
  });

  test('an address that this machine does not have is not saved, and one that is gone does not lock the owner out', async () => {
    using directory = temporaryDirectory();
    await using program = await RunningProgram.start(directory.path);
    const { status, body } = await program.admin<{ error: { message: string } }>('PATCH', '/admin/settings', {
      host: '203.0.113.7',
    });
    expect([status, body.error.message]).toEqual([400, expect.stringContaining('no address of this machine')]);
    await program.stop();
    const db = new Database(join(program.dataDir, 'cortex.db'));
    db.prepare("INSERT INTO settings VALUES ('program', ?)").run(JSON.stringify({ host: '203.0.113.7' }));
    db.close();
    await using next = await RunningProgram.start(directory.path);
    expect(next.url).toContain('127.0.0.1');
  });

  test('a second program on the same data directory says so and exits 1', async () => {
    using directory = temporaryDirectory();
    await using first = await RunningProgram.start(directory.path);
    await using second = RunningProgram.spawn(directory.path, ['--port', '0']);
    expect((await second.ended).code).toBe(1);
    expect(second.output).toContain('already running');
    expect(second.output).toContain(first.url);
    expect((await first.admin('GET', '/admin/models')).status).toBe(200);
  });

  test('a taken port is named, exit 1', async () => {
    using directory = temporaryDirectory();
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      blocker.once('listening', resolve);
    });
    const { port } = blocker.address() as AddressInfo;
    await using program = RunningProgram.spawn(directory.path, ['--port', String(port)]);
    expect((await program.ended).code).toBe(1);
    expect(program.output).toContain(`Port ${port}`);
    blocker.close();
  });

  test.each([
    [['--port', 'eighty'], /--port must be a number/],
    [['--wat'], /--wat/],
    [['--allow-origin', 'nonsense'], /--allow-origin must be an origin/],
  ])('%j is refused in a sentence, exit 1', async (flags, sentence) => {
    using directory = temporaryDirectory();
    await using program = RunningProgram.spawn(directory.path, flags);
    expect((await program.ended).code).toBe(1);
    expect(program.output).toMatch(sentence);
    expect(program.output).not.toMatch(/\n\s+at /);
  });

  test('settings come by environment too, and a flag wins', async () => {
    using directory = temporaryDirectory();
    await using program = await RunningProgram.start(directory.path, ['--allow-host', 'gpu-box'], {
      CORTEX_PORT: '1',
      CORTEX_HOST: '127.0.0.1',
      CORTEX_ALLOW_HOSTS: 'other-box',
    });
    const status = async (host: string) => (await rawRequest(`${program.url}/health`, { headers: { host } })).status;
    expect([await status('gpu-box'), await status('other-box'), await status('evil.example')]).toEqual([200, 200, 403]);
  });

  test('a database of a newer program is refused with a sentence', async () => {
    using directory = temporaryDirectory();
    await (await RunningProgram.start(directory.path)).stop();
    const db = new Database(join(directory.path, 'data', 'cortex.db'));
    db.pragma('user_version = 999999');
    db.close();
    await using program = RunningProgram.spawn(directory.path, ['--port', '0']);
    expect((await program.ended).code).toBe(1);
    expect(program.output).toContain('newer version of Cortex');
  });
});

describe('kill -9', () => {
  test('leaves a database that opens and no stray engine after the next start, whenever it strikes', async () => {
    using directory = temporaryDirectory();
    await using setUp = await RunningProgram.start(directory.path, engineFlags());
    const id = await setUp.runModel(selfTest);
    await setUp.admin('POST', `/admin/models/${id}/stop`);
    await setUp.stop();
    // While starting, while loading, while running, and right at the beginning.
    for (const delayMs of [0, 15, 60, 150, 400, 1500]) {
      await using victim = await RunningProgram.start(directory.path);
      void victim.admin('POST', `/admin/models/${id}/start`).catch(() => null);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await victim.stop('SIGKILL');
      await using next = await RunningProgram.start(directory.path);
      expect(enginesOf(SELF_TEST_FOLDER), `killed after ${delayMs} ms`).toEqual([]);
      const { body } = await next.admin(`GET`, `/admin/models/${id}`);
      expect(body['state']).toMatch(/^(stopped|failed)$/);
      const db = new Database(join(next.dataDir, 'cortex.db'), { readonly: true });
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      db.close();
    }
  });

  test('an engine that is killed becomes a failed model with its reason, and the program goes on', async () => {
    using directory = temporaryDirectory();
    await using program = await RunningProgram.start(directory.path, engineFlags());
    const id = await program.runModel(selfTest);
    const [pid = 0] = enginesOf(SELF_TEST_FOLDER);
    process.kill(pid, 'SIGKILL');
    const model = async () => (await program.admin(`GET`, `/admin/models/${id}`)).body;
    await expect.poll(async () => (await model())['state'], { timeout: 5_000 }).toBe('failed');
    expect((await model())['diagnosis']).toMatchObject({ code: 'killed' });
    expect((await program.admin('POST', `/admin/models/${id}/start`)).body['status']).toBe('running');
    expect(existsSync(join(SELF_TEST_FOLDER, 'cortex-self-test.gguf'))).toBe(true);
  });
});
