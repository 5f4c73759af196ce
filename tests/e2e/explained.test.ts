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
    const folder = vllmModel(program.modelsDir, { kvTokens: 20_000 });
    const created = await program.admin<{ id: number }>('POST', '/admin/models', {
      name: 'Tiny Llama',
      served_model_name: 'tiny-llama',
      engine_type: 'vllm',
      runtime: 'container',
      engine_image: VLLM_IMAGE,
      local_path: folder,
    });
    expect(created.status).toBe(200);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Models' }).click();
    const row = page.getByRole('row').filter({ hasText: 'tiny-llama' });
    await row.getByRole('button', { name: 'Start Tiny Llama' }).click();
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
    const fixed = await program.admin('GET', `/admin/models/${created.body.id}`);
    expect(Number(fixed.body['max_model_len'])).toBeLessThanOrEqual(20_000);

    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Playground' }).click();
    await page.getByLabel('Message').fill('Hello?');
    await page.getByRole('button', { name: 'Send' }).click();
    const answer = page.getByRole('article', { name: 'Answer by tiny-llama' });
    await answer.getByRole('list', { name: 'Measurements' }).waitFor();
    expect((await answer.innerText()).length).toBeGreaterThan(20);
    expect(complaints).toEqual([]);
  });
});
