import type { EngineType, Runtime } from '../../../contract/models.ts';
import { driverOf } from '../../../domain/engine/registry.ts';
import type { LaunchSources } from '../supervisor/launch-plan.ts';

export interface RuntimeFacts {
  readonly engine: EngineType;
  readonly dockerReady: boolean;
  /** Whether the engine's default image is on this machine. */
  readonly imagePresent: boolean;
  /** Whether the engine is installed as a plain program. */
  readonly programPresent: boolean;
}

/** The runtime of a model that names none: a container where Docker and its image are there, else what could run at once. */
export function chooseRuntime({ engine, dockerReady, imagePresent, programPresent }: RuntimeFacts): Runtime {
  if (dockerReady && imagePresent) return 'container';
  if (programPresent) return 'process';
  // llama.cpp's program comes along; vLLM's image is what most have.
  return engine === 'llamacpp' ? 'process' : 'container';
}

export async function defaultRuntime(
  engine: EngineType,
  sources: LaunchSources,
  signal: AbortSignal,
): Promise<Runtime> {
  const { problem } = await sources.containers.status(signal);
  const dockerReady = problem === 'ok';
  const image = dockerReady
    ? await sources.images.find(driverOf(engine).container.defaultImage, signal).catch(() => null)
    : null;
  const programPresent = engine === 'llamacpp' || (await sources.vllmCommand(signal)) !== null;
  return chooseRuntime({ engine, dockerReady, imagePresent: image !== null, programPresent });
}
