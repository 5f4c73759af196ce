import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Playwright from 'playwright-core';
import { isInstalled, runHere } from './commands.ts';
import { dockerHostOf } from './docker-daemon.ts';

/** Something the tests need from the machine. `path` is where it is; null when it cannot be had, for `reason`. */
export interface Prerequisite {
  readonly name: string;
  readonly path: string | null;
  readonly reason: string | null;
}

let packageListsFresh = false;

/** Installs Debian packages where that is possible: as root, with apt. */
function aptInstall(...packages: string[]): boolean {
  if (process.getuid?.() !== 0 || !isInstalled('apt-get')) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  if (!packageListsFresh) packageListsFresh = runHere('apt-get', ['update', '-qq'], env) === 0;
  return runHere('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], env) === 0;
}

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function findChromium(): string | null {
  const named = process.env['CORTEX_CHROMIUM'];
  if (named) return named;
  const onPath = (process.env['PATH'] ?? '')
    .split(':')
    .flatMap((folder) => CHROMIUM_NAMES.map((name) => join(folder, name)));
  return onPath.find((path) => existsSync(path)) ?? playwrightChromium();
}

function playwrightChromium(): string | null {
  const { chromium } = createRequire(import.meta.url)('playwright-core') as typeof Playwright;
  const path = chromium.executablePath();
  return path !== '' && existsSync(path) ? path : null;
}

function provideChromium(): Prerequisite {
  const name = 'Chromium';
  const found = findChromium();
  if (found) return { name, path: found, reason: null };
  if (!aptInstall('chromium')) {
    // Not root, or another system: Playwright fetches its own where it may.
    runHere(process.execPath, [
      join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js'),
      'install',
      'chromium',
    ]);
  }
  const path = findChromium();
  return {
    name,
    path,
    reason: path
      ? null
      : 'neither a chromium on the path nor one that could be installed; install the package "chromium" or set CORTEX_CHROMIUM',
  };
}

function provideCompiler(): Prerequisite {
  const name = 'git and g++';
  const present = () => isInstalled('git') && isInstalled('g++');
  if (!present()) aptInstall('git', 'g++');
  return {
    name,
    path: present() ? 'g++' : null,
    reason: present() ? null : 'git and g++ build the carried engine; install the packages "git" and "g++"',
  };
}

function providePackagers(): Prerequisite {
  const name = 'dpkg, fakeroot and zip';
  const present = () => ['dpkg', 'fakeroot', 'zip'].every(isInstalled);
  if (!present()) aptInstall('dpkg', 'fakeroot', 'zip');
  const path = present() ? 'dpkg' : null;
  return {
    name,
    path,
    reason: path ? null : 'they make and check the deb; install the packages "dpkg", "fakeroot" and "zip"',
  };
}

function provideDocker(): Prerequisite {
  const name = 'Docker';
  // An engine that runs already is taken; otherwise the tests start one of their own, which wants root.
  if (dockerHostOf(process.env) !== null) return { name, path: 'docker', reason: null };
  const present = () => ['dockerd', 'ip'].every((program) => isOnPath(program));
  if (process.getuid?.() === 0 && !present()) aptInstall('docker.io', 'iproute2');
  const path = process.getuid?.() === 0 && present() ? 'dockerd' : null;
  return {
    name,
    path,
    reason: path
      ? null
      : 'no container engine answers, and only root can start one; start Docker, or install the package "docker.io" and run as root',
  };
}

function isOnPath(program: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** What the end-to-end and engine tests stand on, installed where that can be done. */
export function providePrerequisites(): Record<'chromium' | 'compiler' | 'packagers' | 'docker', Prerequisite> {
  return {
    chromium: provideChromium(),
    compiler: provideCompiler(),
    packagers: providePackagers(),
    docker: provideDocker(),
  };
}
