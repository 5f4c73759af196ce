import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { complaintsOf, launchChromium } from './browser.ts';
import { engineFlags } from './engine.ts';
import { RunningProgram, SELF_TEST_FOLDER, temporaryDirectory } from './program.ts';

const directory = temporaryDirectory();
let program: RunningProgram;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [program, browser] = await Promise.all([RunningProgram.start(directory.path, engineFlags()), launchChromium()]);
  context = await browser.newContext({ viewport: { width: 1280, height: 832 } });
  page = await context.newPage();
  complaints = complaintsOf(page);
  await page.goto(program.url + program.loginPath);
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await program?.stop();
  directory[Symbol.dispose]();
});

const SCREENS = [
  '/welcome',
  '/models',
  '/models/new',
  '/models/1',
  '/models/1?tab=configuration',
  '/models/1?tab=logs',
  '/models/1?tab=test',
  '/models/1?tab=export',
  '/models/2',
  '/recipes',
  '/playground',
  '/keys',
  '/usage',
  '/upstreams',
  '/settings',
];

/** WCAG A and AA rules of axe on every screen, in both themes, at a wide and the narrowest width. */
async function violations(): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1440, 900]) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 832 });
      for (const screen of SCREENS) {
        await page.goto(`${program.url}/#${screen}`);
        await page.getByRole('heading').first().waitFor();
        await page.waitForTimeout(300);
        const { violations: list } = await new AxeBuilder({ page })
          .withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'])
          .analyze();
        found.push(...list.map(({ id, nodes }) => `${screen} ${colorScheme} ${width}: ${id} ${nodes[0]?.html ?? ''}`));
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        if (overflow > 0) found.push(`${screen} ${width}: ${overflow} px wider than the window`);
        found.push(...(await outOfSight()).map((what) => `${screen} ${width}: ${what} is out of sight`));
      }
    }
  }
  return found;
}

/** Buttons beyond the window's edge, and tables that hide columns at their right. */
function outOfSight(): Promise<string[]> {
  return page.evaluate(() => {
    const buttons = [...document.querySelectorAll('main button')]
      .filter((button) => button.getBoundingClientRect().right > window.innerWidth)
      .map((button) => button.getAttribute('aria-label') ?? button.textContent);
    const tables = [...document.querySelectorAll('main table')]
      .filter((table) => table.scrollWidth > (table.parentElement?.clientWidth ?? 0))
      .map((table) => `the end of ${table.getAttribute('aria-label')}`);
    return [...buttons, ...tables];
  });
}

test('no screen breaks an accessibility rule or its width, empty', async () => {
  expect(await violations()).toEqual([]);
}, 240_000);

test('nor full', async () => {
  await program.runModel({ name: 'Self test', served_model_name: 'self-test', local_path: SELF_TEST_FOLDER });
  await program.admin('POST', '/admin/models', {
    name: 'A model with quite a long name for one row',
    served_model_name: `org/${'a-long-served-name-'.repeat(6)}end`,
    engine_type: 'llamacpp',
    local_path: SELF_TEST_FOLDER,
  });
  await program.admin('POST', '/admin/recipes/from-model/1', {
    name: 'A recipe',
    description: 'Of the self-test model.',
  });
  await program.admin('POST', '/admin/models/registry', {
    served_name: 'far-away',
    url: 'http://127.0.0.1:9',
    upstream_model: `org/${'a-long-model-name-'.repeat(4)}end`,
  });
  const key = await program.createKey('chat');
  await fetch(`${program.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: '{"model":"self-test","messages":[{"role":"user","content":"hi"}]}',
  });
  await fetch(`${program.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: 'Bearer wrong', 'content-type': 'application/json' },
    body: '{}',
  });
  expect(await violations()).toEqual([]);
  expect(complaints).toEqual([]);
}, 240_000);

test('the keyboard reaches everything: palette, navigation, the sheet of shortcuts', async () => {
  await page.goto(`${program.url}/#/models`);
  await page.getByRole('heading', { name: 'Models' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type('playground');
  await page.keyboard.press('Enter');
  await page.getByLabel('Message').waitFor();
  await page.goto(`${program.url}/#/models`);
  await page.getByRole('heading', { name: 'Models' }).waitFor();
  // While the palette still fades, the keys are the page's again.
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Command palette' }).waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
});

test('the first-run check comes once: a reload stays where the reader is', async () => {
  await page.goto(`${program.url}/#/models`);
  await page.reload();
  await page.getByRole('heading', { name: 'Models', exact: true }).waitFor();
  await page.waitForTimeout(1_000);
  expect(page.url()).toContain('#/models');
});

test('a window made narrow folds the rail, and nothing lies under the summary of a new model', async () => {
  await page.setViewportSize({ width: 1440, height: 832 });
  await page.goto(`${program.url}/#/models/new`);
  const choose = page.getByRole('button', { name: 'Choose folder' });
  await choose.waitFor();
  await page.setViewportSize({ width: 900, height: 832 });
  await page.getByRole('button', { name: 'Expand the navigation' }).waitFor();
  const [button, summary] = await Promise.all([
    choose.boundingBox(),
    page.getByRole('complementary', { name: 'Summary' }).boundingBox(),
  ]);
  expect((button?.x ?? 0) + (button?.width ?? 0)).toBeLessThan(summary?.x ?? 0);
});
