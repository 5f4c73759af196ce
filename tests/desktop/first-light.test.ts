import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { complaintsOf } from '../e2e/browser.ts';
import { engineFlags } from '../e2e/engine.ts';
import { walkFirstLight } from '../e2e/first-light-path.ts';
import { SELF_TEST_FOLDER, temporaryDirectory } from '../e2e/program.ts';
import type { DesktopProgram } from './desktop-program.ts';
import { realElectron } from './electron-host.ts';
import { standIn } from './stand-in-host.ts';

describe.each([standIn, realElectron])('on $name', ({ name, missing, start }) => {
  if (missing !== null) console.log(`SKIPPED the desktop path on ${name}: ${missing}`);
  let directory: ReturnType<typeof temporaryDirectory>;
  let program: DesktopProgram;

  beforeAll(async () => {
    if (missing !== null) return;
    directory = temporaryDirectory();
    program = await start(directory.path, engineFlags());
  });
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    directory?.[Symbol.dispose]();
  });

  test.skipIf(missing !== null)('from the first-run check to the usage row, over the message port', async () => {
    await program.evaluate(({ dialog }, folder) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [folder] });
    }, SELF_TEST_FOLDER);
    const page = await program.window();
    const complaints = complaintsOf(page);
    // The native dialog answers by itself.
    await walkFirstLight(page, { url: program.url, chooseFolder: () => Promise.resolve() });
    expect(complaints).toEqual([]);
  });
});
