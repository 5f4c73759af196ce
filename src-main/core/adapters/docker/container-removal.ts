import { setTimeout as sleep } from 'node:timers/promises';
import type { DockerEngine } from './docker-engine.ts';
import { isRefused } from './faults.ts';

const POLL_MS = 100;

/**
 * Removes a container by force, with the volumes that have no name and are only its own. Resolves once it is really gone,
 * also when somebody else removes it at the same time. Throws AppError `docker_unavailable`, Docker's refusal, and with
 * the signal's reason.
 */
export async function removeContainer(engine: DockerEngine, id: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await engine.call(signal, async ({ docker }) =>
        docker.getContainer(id).remove({ force: true, v: true, abortSignal: signal }),
      );
      return;
    } catch (error) {
      if (isRefused(error, 404)) return;
      // A removal is under way.
      if (!isRefused(error, 409)) throw error;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}
