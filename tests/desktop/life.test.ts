import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { START_REFUSED } from '../../src-main/options.ts';
import { engineFlags } from '../e2e/engine.ts';
import { RunningProgram, SELF_TEST_FOLDER, temporaryDirectory } from '../e2e/program.ts';
import { followOutput } from './desktop-program.ts';
import { spawnOnStandIn, startOnStandIn, type StandInOptions, type StandInProgram } from './stand-in-host.ts';

type Seen = readonly [visible: boolean, minimized: boolean, focused: boolean];

const windowState = (program: StandInProgram): Promise<Seen> =>
  program.evaluate(({ BrowserWindow }) => {
    const [window] = BrowserWindow.getAllWindows();
    return [window?.isVisible() === true, window?.isMinimized() === true, window?.isFocused() === true] as const;
  }, null);

/** A program that ends by itself: how, and what it said. */
async function runToEnd(directory: string, options: StandInOptions): Promise<{ code: number | null; output: string }> {
  const { output, ended } = followOutput(spawnOnStandIn(directory, options));
  const { code } = await ended;
  return { code, output: output() };
}

async function admin(program: StandInProgram, method: string, path: string, body?: unknown): Promise<{ id: number }> {
  const token = readFileSync(join(program.dataDir, 'admin-token'), 'utf8').trim();
  const response = await fetch(program.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { id: number };
}

async function runModel(program: StandInProgram): Promise<void> {
  const { id } = await admin(program, 'POST', '/admin/models', {
    name: 'The one that runs',
    served_model_name: 'one',
    engine_type: 'llamacpp',
    runtime: 'process',
    mode: 'offline',
    local_path: join(SELF_TEST_FOLDER, 'cortex-self-test.gguf'),
    task: 'generate',
    threads: 2,
  });
  await admin(program, 'POST', `/admin/models/${id}/start`);
}

/** Answers the question with the button of this number, and notes what was asked. */
async function answerQuestions(program: StandInProgram, response: number): Promise<() => Promise<string[]>> {
  await program.evaluate(({ dialog }, given) => {
    const asked: string[] = [];
    Object.assign(globalThis, { asked });
    dialog.showMessageBox = (...args: unknown[]) => {
      const { message, buttons = [] } = args.at(-1) as Electron.MessageBoxOptions;
      asked.push(`${message}: ${buttons[given]}`);
      return Promise.resolve({ response: given, checkboxChecked: false });
    };
  }, response);
  return () => program.evaluate(() => (globalThis as unknown as { asked: string[] }).asked, null);
}

const quit = (program: StandInProgram) => program.evaluate(({ app }) => setTimeout(() => app.quit(), 0).hasRef(), null);

describe('starting', () => {
  test('the window asks for a sandbox and isolation, and shows itself once it is painted', async () => {
    using directory = temporaryDirectory();
    await using program = await startOnStandIn(directory.path);
    await program.window();
    const asked = await program.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      const { show, webPreferences } = (window as unknown as { options: Electron.BrowserWindowConstructorOptions })
        .options;
      const { sandbox, contextIsolation, nodeIntegration, webviewTag } = webPreferences ?? {};
      return { show, sandbox, contextIsolation, nodeIntegration, webviewTag };
    }, null);
    expect(asked).toEqual({
      show: false,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
    });
    await expect.poll(() => windowState(program)).toEqual([true, false, true]);
  });

  test('a second start brings the window of the first one forward, and ends', async () => {
    using directory = temporaryDirectory();
    await using program = await startOnStandIn(directory.path);
    for (const away of ['hide', 'minimize'] as const) {
      await program.evaluate(({ BrowserWindow }, how) => BrowserWindow.getAllWindows()[0]?.[how](), away);
      const second = await runToEnd(directory.path, {});
      expect(second.code).toBe(0);
      await expect.poll(() => windowState(program)).toEqual([true, false, true]);
    }
    expect(program.pages()).toHaveLength(1);
  });

  test('a program on another data directory runs beside it', async () => {
    using one = temporaryDirectory();
    using other = temporaryDirectory();
    await using first = await startOnStandIn(one.path);
    await using second = await startOnStandIn(other.path);
    expect(second.url).not.toBe(first.url);
  });

  test('a taken port is said in a box that names it, and ends with 1', async () => {
    using directory = temporaryDirectory();
    await using server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, output } = await runToEnd(directory.path, { flags: ['--port', String(port)] });
    expect(code).toBe(START_REFUSED);
    expect(output).toContain('Cortex cannot start');
    expect(output).toContain(String(port));
    expect(output).not.toContain('    at ');
  });

  test('a data directory that the headless program holds is said so, and ends with 1', async () => {
    using directory = temporaryDirectory();
    await using headless = await RunningProgram.start(directory.path);
    const { code, output } = await runToEnd(directory.path, {});
    expect(code).toBe(START_REFUSED);
    expect(output).toContain(`already running with the data directory ${headless.dataDir}`);
    expect(output).toContain(headless.url);
  });

  test('a flag that means nothing is said before anything is written', async () => {
    using directory = temporaryDirectory();
    const { code, output } = await runToEnd(directory.path, { flags: ['--allow-origin', 'not an origin'] });
    expect(code).toBe(START_REFUSED);
    expect(output).toContain('--allow-origin');
    expect(existsSync(join(directory.path, 'data'))).toBe(false);
  });
});

describe('quitting', () => {
  test('without a running model nothing is asked, and everything ends with 0', async () => {
    using directory = temporaryDirectory();
    await using program = await startOnStandIn(directory.path);
    await program.window();
    await program.evaluate(
      ({ BrowserWindow }) => void setTimeout(() => BrowserWindow.getAllWindows()[0]?.close()),
      null,
    );
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  test('with a running model it asks by name; background and cancel keep it, stop ends it', async () => {
    using directory = temporaryDirectory();
    await using program = await startOnStandIn(directory.path, { flags: engineFlags() });
    await runModel(program);
    await expect.poll(() => windowState(program)).toEqual([true, false, true]);

    const cancelled = await answerQuestions(program, 2);
    await quit(program);
    await expect.poll(cancelled).toEqual(['The one that runs is running: Cancel']);
    expect(await windowState(program)).toEqual([true, false, true]);

    const kept = await answerQuestions(program, 1);
    await program.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close(), null);
    await expect.poll(kept).toEqual(['The one that runs is running: Keep running in the background']);
    await expect.poll(() => windowState(program)).toEqual([false, false, false]);
    expect((await fetch(`${program.url}/health`)).status).toBe(200);

    await answerQuestions(program, 0);
    await quit(program);
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  test('two quits at once ask once, and a setting silences the question', async () => {
    using directory = temporaryDirectory();
    await using program = await startOnStandIn(directory.path, { flags: engineFlags() });
    await runModel(program);
    const asked = await program.evaluate(async ({ app, dialog }) => {
      let questions = 0;
      const answer = Promise.withResolvers<Electron.MessageBoxReturnValue>();
      dialog.showMessageBox = () => {
        questions += 1;
        return answer.promise;
      };
      app.quit();
      app.quit();
      await new Promise((resolve) => setTimeout(resolve, 100));
      answer.resolve({ response: 2, checkboxChecked: false });
      await answer.promise;
      return questions;
    }, null);
    expect(asked).toBe(1);
    await admin(program, 'PATCH', '/admin/settings', { on_quit: 'stop' });
    await quit(program);
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });

  test('SIGTERM ends it with 0, without a question', async () => {
    using directory = temporaryDirectory();
    await using program = await startOnStandIn(directory.path, { flags: engineFlags() });
    await runModel(program);
    program.child.kill('SIGTERM');
    expect(await program.ended).toEqual({ code: 0, signal: null });
  });
});

test('the tray says what runs, and brings the window back', async () => {
  using directory = temporaryDirectory();
  await using program = await startOnStandIn(directory.path, { flags: engineFlags() });
  const tray = () =>
    program.evaluate(({ Tray }) => {
      const { all } = Tray as unknown as {
        all: { toolTip: string; icon: { isEmpty(): boolean }; menu: { items: { label?: string }[] } }[];
      };
      return all.map(({ toolTip, icon, menu }) => ({
        toolTip,
        hasIcon: !icon.isEmpty(),
        labels: menu.items.flatMap(({ label }) => label ?? []),
      }));
    }, null);
  expect(await tray()).toEqual([
    { toolTip: 'Cortex', hasIcon: true, labels: ['Open Cortex', 'No model is running', 'Quit'] },
  ]);
  await runModel(program);
  await expect
    .poll(tray)
    .toEqual([
      { toolTip: 'Cortex: 1 running', hasIcon: true, labels: ['Open Cortex', 'The one that runs: running', 'Quit'] },
    ]);
  await program.evaluate(({ BrowserWindow, Tray }) => {
    BrowserWindow.getAllWindows()[0]?.hide();
    (Tray as unknown as { all: { emit: (event: string) => void }[] }).all[0]?.emit('click');
  }, null);
  expect(await windowState(program)).toEqual([true, false, true]);
});
