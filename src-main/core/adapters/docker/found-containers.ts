import type Docker from 'dockerode';
import type { FoundContainer } from '../../ports/containers.ts';
import { isRefused } from './faults.ts';

const STATES: ReadonlySet<string> = new Set<FoundContainer['state']>([
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
]);

/** Null when it went away between the list and the question. */
export async function readFound(docker: Docker, id: string, signal: AbortSignal): Promise<FoundContainer | null> {
  try {
    return foundOf(await docker.getContainer(id).inspect({ abortSignal: signal }));
  } catch (error) {
    if (isRefused(error, 404)) return null;
    throw error;
  }
}

function foundOf(facts: Docker.ContainerInspectInfo): FoundContainer {
  const startedAtMs = Date.parse(facts.State.StartedAt);
  return {
    id: facts.Id,
    name: facts.Name.replace(/^\//, ''),
    image: facts.Image,
    // Podman has states of its own ("stopped", "stopping"): none of them runs.
    state: STATES.has(facts.State.Status) ? (facts.State.Status as FoundContainer['state']) : 'exited',
    labels: facts.Config.Labels,
    createdAtMs: Date.parse(facts.Created),
    // One that never started says the year 1.
    startedAtMs: startedAtMs > 0 ? startedAtMs : null,
    port: portOf(facts),
    env: Object.fromEntries(
      facts.Config.Env.map((entry) => {
        const at = entry.indexOf('=');
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
    ),
  };
}

/** The port it publishes on this machine. */
export function portOf(facts: Docker.ContainerInspectInfo): number | null {
  const bindings = Object.values(facts.NetworkSettings.Ports ?? {}).flatMap((bound) => bound ?? []);
  const port = Number(bindings[0]?.HostPort);
  return port > 0 ? port : null;
}
