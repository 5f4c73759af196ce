import type { DockerStatus } from '../../../contract/docker.ts';
import type { EngineBuild } from '../../../contract/engines.ts';
import type { SystemCheck } from '../../../contract/system.ts';
import { findGpus } from '../../adapters/engine-builds/gpu-presence.ts';
import type { Clock } from '../../ports/clock.ts';
import { judgeSystem } from './judge-system.ts';
import { carriedNeeds, freeBytes, toolVersion } from './probes.ts';
import type { SystemFacts } from './system-facts.ts';

export interface SystemOptions {
  readonly clock: Clock;
  readonly dataDir: string;
  readonly modelsDir: () => string;
  readonly engines: { list(): Promise<readonly EngineBuild[]> };
  readonly docker: { status(signal: AbortSignal): Promise<DockerStatus> };
}

/** Together the probes take no longer than this; what is slower is reported as such. */
const DEADLINE_MS = 1800;

/** The first-run check: what this machine has and lacks, each with its cure. */
export class System {
  readonly #options: SystemOptions;
  #listening: SystemFacts['listening'] = null;

  constructor(options: SystemOptions) {
    this.#options = options;
  }

  /** Told by the program once its server listens. */
  listeningOn(host: string, port: number): void {
    this.#listening = { host, port };
  }

  async check(): Promise<SystemCheck> {
    const facts = await this.#gather();
    return { checked_at: this.#options.clock.now() / 1000, items: judgeSystem(facts) };
  }

  async #gather(): Promise<SystemFacts> {
    const { dataDir, engines } = this.#options;
    const modelsDir = this.#options.modelsDir();
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const inTime = <T>(probe: Promise<T>) => orNull(probe, signal);
    const [compiler, git, builds, gpus, needs, docker, dataFree, modelsFree] = await Promise.all([
      inTime(toolVersion('g++', signal)),
      inTime(toolVersion('git', signal)),
      inTime(engines.list()),
      inTime(findGpus()),
      inTime(carriedNeeds(signal)),
      inTime(this.#options.docker.status(signal)),
      inTime(freeBytes(dataDir)),
      inTime(freeBytes(modelsDir)),
    ]);
    return {
      platform: process.platform,
      compiler,
      git,
      builds,
      gpus,
      missingLibraries: needs ?? {},
      docker,
      disks: [
        { what: 'data', path: dataDir, freeBytes: dataFree },
        { what: 'models', path: modelsDir, freeBytes: modelsFree },
      ],
      listening: this.#listening,
    };
  }
}

/** Null where a probe fails or is not there in time: one broken probe must not hide the others. */
async function orNull<T>(probe: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise: late, resolve } = Promise.withResolvers<null>();
  signal.addEventListener('abort', () => resolve(null), { once: true });
  return Promise.race([probe.catch(() => null), late]);
}
