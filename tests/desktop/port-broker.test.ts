import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { temporaryDirectory } from '../e2e/program.ts';
import { startOnStandIn, type StandInProgram } from './stand-in-host.ts';

/** On the double alone: these tests speak as a page that was taken over would, past the preload. */
const directory = temporaryDirectory();
let program: StandInProgram;

beforeAll(async () => {
  program = await startOnStandIn(directory.path);
  await connected(await program.window());
});
afterAll(async () => {
  await program?.[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

/** Every port that the main process ever kept: whether it is closed. */
const closedPorts = () =>
  program.evaluate(({ MessageChannelMain }) => {
    const { all } = MessageChannelMain as unknown as { all: { port1: { closed: boolean } }[] };
    return all.map(({ port1 }) => port1.closed);
  }, null);

async function connected(page: Page): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await page.getByText('Connected', { exact: true }).waitFor();
}

test('a reload gets a port of its own, and the one before is closed', async () => {
  const page = await program.window();
  const before = await closedPorts();
  await page.reload();
  await connected(page);
  expect(await closedPorts()).toEqual([...before.map(() => true), false]);
});

test('a second question of the same document replaces the port too', async () => {
  const page = await program.window();
  const before = await closedPorts();
  await page.evaluate(() => window.doubleSend('cortex:want-port'));
  await expect.poll(closedPorts).toEqual([...before.map(() => true), false]);
  await connected(page);
});

test('a frame inside our page gets none, whatever its address', async () => {
  const page = await program.window();
  const before = await closedPorts();
  await page.evaluate(async () => {
    const frame = document.createElement('iframe');
    frame.srcdoc = '<p>inside</p>';
    document.body.append(frame);
    await new Promise((resolve) => frame.addEventListener('load', resolve));
  });
  const inside = page.frames().find((frame) => frame.parentFrame() !== null);
  await inside?.evaluate(() => window.doubleSend('cortex:want-port'));
  await page.evaluate(() => window.doubleSend('anything-after'));
  expect(inside).toBeDefined();
  expect(await closedPorts()).toEqual(before);
  await page.evaluate(() => document.querySelector('iframe')?.remove());
});

test('another window on our own page gets none', async () => {
  const before = await closedPorts();
  const [first] = program.pages();
  await program.evaluate(async ({ BrowserWindow }) => {
    const [own] = BrowserWindow.getAllWindows();
    const { options } = own as unknown as { options: Electron.BrowserWindowConstructorOptions };
    const second = new BrowserWindow({ ...options });
    await second.loadURL('app://cortex/index.html');
  }, null);
  await expect.poll(() => program.pages().length).toBe(2);
  const second = program.pages().find((page) => page !== first);
  await second?.evaluate(() => window.doubleSend('cortex:want-port'));
  expect(await closedPorts()).toEqual(before);
  await program.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().at(-1)?.destroy(), null);
  await expect.poll(() => program.pages().length).toBe(1);
});

test('our own window on a page of another origin gets none', async () => {
  const before = await closedPorts();
  const page = await program.window();
  await program.evaluate(
    ({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.loadURL('https://elsewhere.example/'),
    null,
  );
  await page.waitForURL('https://elsewhere.example/');
  await page.evaluate(() => window.doubleSend('cortex:want-port'));
  expect(await closedPorts()).toEqual(before.map(() => true));
  await program.evaluate(
    ({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.loadURL('app://cortex/index.html'),
    null,
  );
  await connected(await program.window());
});

test('a crashed page comes back with a port of its own', async () => {
  const before = await closedPorts();
  await program.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.webContents.forcefullyCrashRenderer();
  }, null);
  await expect.poll(closedPorts, { timeout: 20_000 }).toEqual([...before.map(() => true), false]);
  await connected(await program.window());
});
