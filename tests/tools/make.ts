/**
 * `npm run make`: packages for this platform in `dist-make/make`: builds `out/`, assembles the carried engine so that
 * they contain it ready, and lets electron-forge pack Electron with them.
 */
import { api } from '@electron-forge/core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildIfStale } from '../../src-main/launch.ts';
import { ensureEngine } from './engine-setup.ts';
import { stageResources } from './package-stage.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** How a machine says that it does not reach Electron's release site. */
const UNREACHABLE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|fetch failed|HTTPError|RequestError|Response code/;

/** Packs what is staged in `place`. Gives the paths of the packages. */
export async function makePackages(place: string): Promise<string[]> {
  process.env['CORTEX_MAKE_DIR'] = place;
  const made = await api.make({ dir: ROOT, outDir: place, interactive: false });
  return made.flatMap(({ artifacts }) => artifacts);
}

/** One sentence for a failure that needs no stack; null for any other. */
export function explainFailure(error: unknown): string | null {
  const text = String(error instanceof Error ? `${error.name} ${error.message} ${String(error.cause)}` : error);
  if (/the maker declared that it cannot run/.test(text))
    return `${firstLine(error)} A package it needs is not installed: npm leaves electron-installer-debian out under a Node older than 22.12. Run npm ci again with a newer Node.`;
  if (!UNREACHABLE.test(text)) return null;
  const { version } = createRequire(import.meta.url)('electron/package.json') as { version: string };
  const archive = `electron-v${version}-${process.platform}-${process.arch}.zip`;
  return `Electron's archive could not be fetched (${firstLine(error)}), so no package was made. Try again with a network, or put ${archive} in a folder and name that folder in CORTEX_ELECTRON_ZIP_DIR.`;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}

async function main(): Promise<void> {
  const place = join(ROOT, 'dist-make');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  buildIfStale();
  // The carried engine is a Linux build; elsewhere the program offers the project's release archives.
  stageResources(ROOT, place, process.platform === 'linux' ? await ensureEngine() : null);
  console.log(`Packing Cortex ${version} for ${process.platform} ${process.arch}`);
  try {
    for (const artifact of await makePackages(place)) console.log(relative(ROOT, artifact));
  } catch (error) {
    const sentence = explainFailure(error);
    console.error(sentence ?? error);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
