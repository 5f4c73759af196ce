import { z } from 'zod';
import { DockerStatus } from './docker.ts';
import { Job } from './jobs.ts';
import { ModelEvent } from './models.ts';

/**
 * What a window follows all the time, in one stream: a browser opens six connections to an address, for all its windows
 * together, and each stream holds one.
 */
export const LiveEvent = z.discriminatedUnion('feed', [
  z.object({ feed: z.literal('models'), event: ModelEvent }),
  z.object({ feed: z.literal('jobs'), jobs: z.array(Job) }),
  z.object({ feed: z.literal('docker'), status: DockerStatus }),
]);
export type LiveEvent = z.infer<typeof LiveEvent>;
