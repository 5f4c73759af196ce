import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { complaintsOf, launchChromium } from './browser.ts';
import { engineFlags } from './engine.ts';
import { walkFirstLight } from './first-light-path.ts';
import { RunningProgram, SELF_TEST_FOLDER, temporaryDirectory } from './program.ts';

const directory = temporaryDirectory();
let program: RunningProgram;
let browser: Browser;

beforeAll(async () => {
  [program, browser] = await Promise.all([RunningProgram.start(directory.path, engineFlags()), launchChromium()]);
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
  directory[Symbol.dispose]();
});

test('from the login link to the usage row, in a real Chromium', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 832 } });
  const complaints = complaintsOf(page);
  await page.goto(program.url + program.loginPath);
  await walkFirstLight(page, {
    url: program.url,
    chooseFolder: async (window) => {
      const dialog = window.getByRole('dialog', { name: 'Choose a folder' });
      await dialog.getByLabel('Path of the folder').fill(SELF_TEST_FOLDER);
      await dialog.getByRole('button', { name: 'Use this folder' }).click();
    },
  });
  expect(complaints).toEqual([]);
});

test('without a session the page asks to log in, and a used link does not help', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(program.url);
  await page.getByRole('heading', { name: /log in/i }).waitFor();
  await page.goto(program.url + program.loginPath);
  await page.getByText('already used').waitFor();
  await page.getByLabel(/login link/i).fill(program.adminToken);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  await context.close();
});
