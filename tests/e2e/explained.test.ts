import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { vllmModel } from '../fixtures/vllm-model.ts';
import { VLLM_IMAGE } from '../tools/docker-test-images.ts';
import { complaintsOf, launchChromium } from './browser.ts';
import { RunningProgram, temporaryDirectory } from './program.ts';

const host = inject('dockerHost');
const STEP_MS = 30_000;

/** As a new user would meet it: vLLM (its stand-in) in a real container, in a real Chromium. */
describe.skipIf(host === '')('a start that fails', () => {
  const directory = temporaryDirectory();
  let program: RunningProgram;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  const goTo = (screen: string) =>
    page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: screen }).click();

  beforeAll(async () => {
    program = await RunningProgram.start(
      directory.path,
      ['--llama-server', join(inject('engineDir'), 'llama-server')],
      { DOCKER_HOST: host },
    );
    browser = await launchChromium();
    context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(STEP_MS);
    complaints = complaintsOf(page);
    await program.admin('PATCH', '/admin/settings', { onboarded: true });
    await page.goto(program.url + program.loginPath);
  });
  afterAll(async () => {
    await browser?.close();
    await program?.[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  it('because its context is larger than the KV cache is explained, mended with one click, and answers', async () => {
    // Its cache holds 20,000 tokens; the model was made for 131,072.
    vllmModel(program.modelsDir, { kvTokens: 20_000 });
    await goTo('Models');
    await page
      .getByRole('link', { name: /^Add (a )?model$/ })
      .first()
      .click();
    await page.getByRole('group', { name: 'Folders' }).getByText('tiny-llama').click();
    await page.getByRole('combobox', { name: 'Image' }).fill(VLLM_IMAGE);
    await page.getByLabel('Name', { exact: true }).fill('Tiny Llama');
    await page.getByLabel('Served name').fill('tiny-llama');
    const summary = page.getByRole('complementary', { name: 'Summary' });
    // The very command is in view before anything is started.
    await expect.poll(() => summary.innerText()).toContain('--served-model-name tiny-llama');
    await summary.getByRole('button', { name: 'Start', exact: true }).click();
    await goTo('Models');
    const row = page.getByRole('row').filter({ hasText: 'tiny-llama' });
    // One sentence with both numbers, and a fix that is one click; the engine's own line is one more.
    const fix = page.getByRole('button', { name: /^Apply fix and retry/ }).first();
    await fix.waitFor();
    const table = page.getByRole('table');
    expect(await table.innerText()).toMatch(/131,?072/);
    await page.getByRole('button', { name: /on why Tiny Llama failed/ }).click();
    const why = page.getByRole('region', { name: 'Why Tiny Llama failed' });
    expect(await why.innerText()).toMatch(/KV cache is needed, which is larger than the available KV cache memory/);
    await fix.click();
    await expect.poll(() => row.innerText(), { timeout: STEP_MS }).toMatch(/Running/);
    const stored = await program.admin<{ max_model_len: number }[]>('GET', '/admin/models');
    expect(stored.body[0]?.max_model_len).toBeLessThanOrEqual(20_000);

    await goTo('Playground');
    await page.getByLabel('Message').fill('Hello?');
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.getByRole('article', { name: 'Answer by tiny-llama' });
    await answer.getByRole('list', { name: 'Measurements' }).waitFor();
    expect((await answer.innerText()).length).toBeGreaterThan(20);
    expect(complaints).toEqual([]);
  });
});
