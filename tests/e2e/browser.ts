import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { ROOT } from './program.ts';

/** No background traffic, no sandbox (tests may run as root), nothing kept. */
export const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CORTEX_CHROMIUM'] ?? '/usr/bin/chromium',
    args: CHROMIUM_FLAGS,
  });
}

/** Collects what a page complains about: a test ends with an empty list. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return complaints;
}

/** Keeps a picture of a screen in docs/screenshots when `CORTEX_SCREENSHOTS` is set; the README shows one. */
export async function keepScreenshot(page: Page, name: string): Promise<void> {
  if (!process.env['CORTEX_SCREENSHOTS']) return;
  const folder = join(ROOT, 'docs', 'screenshots');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
