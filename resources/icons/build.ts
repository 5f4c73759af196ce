/** Renders icon.svg to icon.png with a Chromium: `node resources/icons/build.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';

const SIZE = 512;
const svg = readFileSync(new URL('./icon.svg', import.meta.url), 'utf8');
const browser = await chromium.launch({
  executablePath: process.env['CORTEX_CHROMIUM'] ?? 'chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ viewport: { width: SIZE, height: SIZE } });
await page.setContent(`<style>body{margin:0}svg{display:block;width:${SIZE}px;height:${SIZE}px}</style>${svg}`);
writeFileSync(new URL('./icon.png', import.meta.url), await page.screenshot({ omitBackground: true }));
await browser.close();
