/**
 * A container engine for the tests, with two images made here: `inject('dockerHost')` is where it answers. The one of
 * DOCKER_HOST is taken, or Docker's usual one; otherwise a dockerd is started for this run and ended after it. Where none
 * can be had it is '', and what needs one is skipped, or fails in CI.
 */
import type { TestProject } from 'vitest/node';
import { dockerHostOf, startDaemon, type TestDaemon } from './docker-daemon.ts';
import { makeTestImages, removeTestImages } from './docker-test-images.ts';
import { ensureEngine } from './engine-setup.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** "unix:///..."; empty where no container engine can be had. */
    dockerHost: string;
  }
}

interface Shared {
  users: number;
  ready: Promise<{ readonly host: string; readonly daemon: TestDaemon | null }> | null;
}

/** The projects of one run share an engine, and vitest loads this file once for each of them. */
const KEY = Symbol.for('cortex.tests.docker');
const shared = ((globalThis as Record<symbol, unknown>)[KEY] ??= { users: 0, ready: null }) as Shared;

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.users += 1;
  shared.ready ??= provideEngine();
  project.provide('dockerHost', (await shared.ready).host);
  return async () => {
    shared.users -= 1;
    if (shared.users > 0 || shared.ready === null) return;
    const { host, daemon } = await shared.ready;
    shared.ready = null;
    if (daemon !== null) await daemon.stop();
    else if (host !== '') await removeTestImages(host);
  };
}

async function provideEngine(): Promise<{ host: string; daemon: TestDaemon | null }> {
  const existing = dockerHostOf(process.env);
  if (existing !== null) {
    await makeTestImages(existing, await ensureEngine());
    return { host: existing, daemon: null };
  }
  try {
    const daemon = await startDaemon('run');
    await makeTestImages(daemon.host, await ensureEngine()).catch(async (error: unknown) => {
      await daemon.stop();
      throw error;
    });
    return { host: daemon.host, daemon };
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    console.log(`SKIPPED Docker: ${error instanceof Error ? error.message : String(error)}`);
    return { host: '', daemon: null };
  }
}
