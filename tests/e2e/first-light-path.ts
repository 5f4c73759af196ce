import OpenAI from 'openai';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { keepScreenshot } from './browser.ts';
import { SENTENCE } from './program.ts';

/** What differs between a browser and the desktop window on the same path. */
export interface FirstLightHost {
  /** Where the gateway listens, for the client outside. */
  readonly url: string;
  /** Does what a user does after pressing "Choose folder": types the path, or answers the native dialog. */
  readonly chooseFolder: (page: Page) => Promise<void>;
}

const STEP_MS = 30_000;

/**
 * The path of a first evening: add the self-test model from its folder, start it, read its sentence streaming, make a
 * key, use it from outside, find the usage row. Begins on a fresh program with an engine, on its first page.
 */
export async function walkFirstLight(page: Page, host: FirstLightHost): Promise<void> {
  page.setDefaultTimeout(STEP_MS);
  await page.getByRole('heading', { name: 'First-run check' }).waitFor();
  await expect.poll(() => page.getByRole('list', { name: 'Checks' }).getByRole('listitem').count()).toBeGreaterThan(5);
  await addModel(page, host);
  await chat(page);
  const token = await createKey(page);
  await callFromOutside(host.url, token);
  await findUsage(page);
}

async function goTo(page: Page, screen: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: screen }).click();
}

async function addModel(page: Page, host: FirstLightHost): Promise<void> {
  await goTo(page, 'Models');
  await page
    .getByRole('link', { name: 'Add a model' })
    .or(page.getByRole('link', { name: 'Add model' }))
    .first()
    .click();
  await page.getByRole('button', { name: 'Choose folder' }).click();
  await host.chooseFolder(page);
  const question = page.getByRole('dialog', { name: 'Add this folder to the library?' });
  await question.getByRole('button', { name: 'Add folder' }).click();
  await page.getByRole('radiogroup', { name: 'Model files' }).getByText('cortex-self-test.gguf').waitFor();
  const served = page.getByLabel('Served name');
  await served.fill('first-light');
  await page
    .getByRole('complementary', { name: 'Summary' })
    .getByRole('button', { name: 'Start', exact: true })
    .click();
  await page.getByText('Running', { exact: true }).first().waitFor();
}

async function chat(page: Page): Promise<void> {
  await goTo(page, 'Playground');
  await page.getByLabel('Message').fill('Is anybody there?');
  await page.getByRole('button', { name: 'Send' }).click();
  const answer = page.getByRole('article', { name: 'Answer by first-light' });
  await expect.poll(() => answer.innerText(), { timeout: STEP_MS }).toContain(SENTENCE);
  const measurements = answer.getByRole('list', { name: 'Measurements' });
  await measurements.waitFor();
  expect(await measurements.innerText()).toMatch(/tok\/s[\s\S]*to first token[\s\S]*tokens/);
  await keepScreenshot(page, 'playground');
}

async function createKey(page: Page): Promise<string> {
  await goTo(page, 'Access');
  await page
    .getByRole('button', { name: /^Create (a )?key$/ })
    .first()
    .click();
  const form = page.getByRole('dialog', { name: 'Create key' });
  await form.getByLabel('Name').fill('a client outside');
  await form.getByRole('button', { name: 'Create key' }).click();
  const shown = page.getByRole('dialog', { name: 'Copy the key now' });
  const text = await shown.innerText();
  const token = /ctx_[\w-]{43}/.exec(text)?.[0] ?? '';
  expect(text).toContain('curl');
  await shown.getByRole('button', { name: 'Done' }).click();
  await page.getByText('a client outside').waitFor();
  expect(await page.locator('body').innerText()).not.toContain(token);
  return token;
}

async function callFromOutside(url: string, apiKey: string): Promise<void> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
  const answer = await client.chat.completions.create({
    model: 'first-light',
    messages: [{ role: 'user', content: 'Hello?' }],
  });
  expect(answer.choices[0]?.message.content).toBe(SENTENCE);
}

async function findUsage(page: Page): Promise<void> {
  await goTo(page, 'Usage');
  const rows = page.getByRole('row').filter({ hasText: 'first-light' });
  await expect.poll(() => rows.count(), { timeout: STEP_MS }).toBe(2);
  // Newest first: the client's request with its key, below it the window's own.
  await expect.poll(() => rows.nth(0).innerText(), { timeout: STEP_MS }).toMatch(/a client outside|ctx_/);
  await keepScreenshot(page, 'usage');
}
