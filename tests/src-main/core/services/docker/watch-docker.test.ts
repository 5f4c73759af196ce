import { expect, it } from 'vitest';
import type { DockerStatus } from '../../../../../src-main/contract/docker.ts';
import { watchDocker } from '../../../../../src-main/core/services/docker/watch-docker.ts';

const UP: DockerStatus = {
  problem: 'ok',
  detail: 'Docker answers.',
  cure: null,
  kind: 'docker',
  host: 'unix:///x',
  found_by: 'default socket',
  version: '28',
  api_version: '1.50',
  rootless: false,
  gpu: { status: 'none', method: null, detail: '', cure: null },
  checked_at: 1,
};
const DOWN: DockerStatus = { ...UP, problem: 'not_running' };

/** A stand-in for the adapter: it says what the test says. */
function engine(first: DockerStatus) {
  const listeners = new Set<(status: DockerStatus) => void>();
  return {
    listeners,
    status: async (signal: AbortSignal) => {
      signal.throwIfAborted();
      return first;
    },
    onStatus: (listener: (status: DockerStatus) => void) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    say: (status: DockerStatus) => {
      for (const listener of listeners) listener(status);
    },
  };
}

it('tells what is first, then what changed, of a backlog only the newest, and stops listening with its reader', async () => {
  const docker = engine(DOWN);
  const leaving = new AbortController();
  const seen: string[] = [];
  for await (const { problem } of watchDocker(docker, leaving.signal)) {
    seen.push(problem);
    if (seen.length === 1) {
      docker.say(UP);
      docker.say(DOWN);
      docker.say(UP);
    } else leaving.abort();
  }
  expect(seen).toEqual(['not_running', 'ok']);
  expect(docker.listeners.size).toBe(0);
});

it('ends quietly for a reader that left before the first answer', async () => {
  const seen: DockerStatus[] = [];
  for await (const status of watchDocker(engine(UP), AbortSignal.abort())) seen.push(status);
  expect(seen).toEqual([]);
});
