import type { DockerStatus } from '../../../contract/docker.ts';
import type { Containers } from '../../ports/containers.ts';
import { Feed } from '../feed.ts';

/** The container engine's state now, then each other one. */
export async function* watchDocker(
  containers: Pick<Containers, 'status' | 'onStatus'>,
  signal: AbortSignal,
): AsyncGenerator<DockerStatus, void, void> {
  // Of a slow reader's backlog the newest state alone matters.
  const feed = new Feed<DockerStatus>((_, status) => [status]);
  using _subscription = containers.onStatus((status) => feed.publish(status));
  let first: DockerStatus;
  try {
    first = await containers.status(signal);
  } catch (error) {
    if (signal.aborted) return;
    throw error;
  }
  yield* feed.watch(() => [first], signal);
}
