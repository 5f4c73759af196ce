import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaintsOf } from '../e2e/browser.ts';
import { engineFlags } from '../e2e/engine.ts';
import { temporaryDirectory } from '../e2e/program.ts';
import type { DesktopProgram } from './desktop-program.ts';
import { realElectron } from './electron-host.ts';
import { standIn } from './stand-in-host.ts';

/** Lets the program think it opens links, and gives those it opened. */
async function recordLinks(program: DesktopProgram): Promise<() => Promise<string[]>> {
  await program.evaluate(({ shell }) => {
    const opened: string[] = [];
    Object.assign(globalThis, { opened });
    shell.openExternal = (url) => Promise.resolve(void opened.push(url));
  }, null);
  return () => program.evaluate(() => (globalThis as unknown as { opened: string[] }).opened, null);
}

const HOME = 'app://cortex/index.html';

describe.each([standIn, realElectron])('the shell on $name', ({ name, missing, start }) => {
  if (missing !== null) console.log(`SKIPPED the shell on ${name}: ${missing}`);
  const shellTest = test.skipIf(missing !== null);
  let directory: ReturnType<typeof temporaryDirectory>;
  let program: DesktopProgram;
  const spelled = (url: string) => program.spell(url);

  beforeAll(async () => {
    if (missing !== null) return;
    directory = temporaryDirectory();
    program = await start(directory.path, engineFlags());
  });
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    directory?.[Symbol.dispose]();
  });

  shellTest('the page runs without an error, and the page is no Node', async () => {
    const page = await program.window();
    const complaints = complaintsOf(page);
    await page.reload();
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
    const seen = await page.evaluate(() => ({
      require: typeof (globalThis as { require?: unknown }).require,
      process: typeof (globalThis as { process?: unknown }).process,
      module: typeof (globalThis as { module?: unknown }).module,
      cortex: Object.keys(window.cortex ?? {}),
      writable: Reflect.set(window.cortex ?? {}, 'platform', 'other'),
    }));
    expect(seen).toEqual({
      require: 'undefined',
      process: 'undefined',
      module: 'undefined',
      cortex: ['platform', 'versions'],
      writable: false,
    });
    expect(complaints).toEqual([]);
  });

  shellTest('the content security policy stops an inline script, code from text, and foreign scripts', async () => {
    const page = await program.window();
    const ran = await page.evaluate(async () => {
      const marks = globalThis as unknown as Record<string, unknown>;
      const inline = document.createElement('script');
      inline.textContent = 'globalThis.inlineRan = true';
      document.body.append(inline);
      const image = document.createElement('img');
      image.setAttribute('onerror', 'globalThis.attributeRan = true');
      image.src = 'nothing.png';
      document.body.append(image);
      const foreign = await new Promise((resolve) => {
        const script = document.createElement('script');
        script.addEventListener('load', () => resolve('ran'));
        script.addEventListener('error', () => resolve('stopped'));
        script.src = 'data:text/javascript,globalThis.foreignRan=true';
        document.body.append(script);
      });
      const call = await fetch('https://elsewhere.example/').then(
        () => 'answered',
        () => 'stopped',
      );
      return { inline: marks['inlineRan'], attribute: marks['attributeRan'], foreign, call };
    });
    expect(ran).toEqual({ inline: undefined, attribute: undefined, foreign: 'stopped', call: 'stopped' });
  });

  shellTest('the scheme serves the built window and nothing outside its folder', async () => {
    const page = await program.window();
    const paths = [
      'index.html',
      '../main/index.js',
      '..%2fmain%2findex.js',
      '..%5cmain%5cindex.js',
      '%2e%2e/%2e%2e/package.json',
      '%2Fetc%2Fpasswd',
      'assets',
      '%',
      '%00',
    ];
    const statuses = await page.evaluate(
      (all) => Promise.all(all.map(async (path) => (await fetch(`/${path}`)).status)),
      paths,
    );
    expect(statuses).toEqual([200, ...paths.slice(1).map(() => 404)]);
  });

  shellTest('the page stays where it is, and only https links reach the browser', async () => {
    const opened = await recordLinks(program);
    const page = await program.window();
    const pages = program.pages().length;
    const click = (href: string, target: string) =>
      page.evaluate(
        ([href = '', target = '']) => {
          const link = document.createElement('a');
          Object.assign(link, { href, target, rel: 'noopener' });
          document.body.append(link);
          link.click();
          link.remove();
        },
        [href, target],
      );
    for (const target of ['', '_blank']) {
      const bad = [
        'http://plain.example/',
        'file:///etc/passwd',
        'ssh://host.example',
        'cortex-other:go',
        'data:text/html,x',
      ];
      for (const href of [...bad, 'javascript:void(globalThis.scriptRan = true)']) await click(href, target);
      await click(`https://good.example/${target}?q=1`, target);
    }
    await page.evaluate(() => void window.open('https://opened.example/'));
    await expect
      .poll(opened)
      .toEqual(['https://good.example/?q=1', 'https://good.example/_blank?q=1', 'https://opened.example/']);
    await page.evaluate(() => {
      location.href = 'https://moved.example/';
    });
    await expect.poll(async () => (await opened()).at(-1)).toBe('https://moved.example/');
    expect(page.url()).toMatch(new RegExp(`^${spelled(HOME)}`));
    expect(await page.evaluate(() => 'scriptRan' in globalThis)).toBe(false);
    await expect.poll(() => program.pages().length).toBe(pages);
    await page.getByRole('navigation', { name: 'Main' }).waitFor();
  });

  shellTest('the page may copy, and may do nothing else that needs leave', async () => {
    const page = await program.window();
    const names = ['clipboard-write', 'clipboard-read', 'geolocation', 'notifications', 'camera', 'microphone', 'midi'];
    const states = await page.evaluate(
      (all) =>
        Promise.all(
          all.map(async (name) => (await navigator.permissions.query({ name: name as PermissionName })).state),
        ),
      names,
    );
    expect(states).toEqual(['granted', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied']);
    await page.evaluate(() => navigator.clipboard.writeText('a copied key'));
    const read = await page.evaluate(() => navigator.clipboard.readText().catch((error: Error) => error.name));
    expect(read).toBe('NotAllowedError');
  });

  shellTest('the window comes back where it was, and not on a screen that is gone', async () => {
    const bounds = { x: 111, y: 122, width: 901, height: 702 };
    const read = (running: DesktopProgram) =>
      running.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds(), null);
    await program.evaluate(({ BrowserWindow }, to) => BrowserWindow.getAllWindows()[0]?.setBounds(to), bounds);
    const kept = join(program.dataDir, 'window.json');
    await expect.poll(() => JSON.parse(readFileSync(kept, 'utf8')) as object, { timeout: 5000 }).toMatchObject(bounds);
    await program[Symbol.asyncDispose]();

    program = await start(directory.path, engineFlags());
    expect(await read(program)).toEqual(bounds);
    await program.evaluate(
      ({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setBounds({ x: 90_000, y: 90_000 }),
      null,
    );
    await expect
      .poll(() => (JSON.parse(readFileSync(kept, 'utf8')) as { x: number }).x, { timeout: 5000 })
      .toBe(90_000);
    await program[Symbol.asyncDispose]();

    program = await start(directory.path, engineFlags());
    expect((await read(program))?.x).toBeLessThan(10_000);
    rmSync(kept);
  });
});
