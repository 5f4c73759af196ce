import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { findGpus, type GpuPresence } from '../engine-builds/gpu-presence.ts';
import type { EngineHome } from './surroundings.ts';

/** What of this machine decides what is missing, and which command mends it. */
export interface DockerMachine {
  readonly platform: string;
  /** ID and ID_LIKE of /etc/os-release. */
  readonly distribution: readonly string[];
  /** Programs that are installed, of those asked for. */
  readonly programs: ReadonlySet<string>;
  readonly gpus: GpuPresence;
  /** "580.65.06"; null where no driver is loaded. */
  readonly nvidiaDriver: string | null;
  /** A CDI specification of NVIDIA's GPUs lies where engines look for it. */
  readonly nvidiaCdi: boolean;
}

const PROGRAMS = ['dockerd', 'podman', 'nvidia-ctk', 'nvidia-container-runtime-hook'];
const DESKTOP = { darwin: '/Applications/Docker.app', win32: String.raw`C:\Program Files\Docker\Docker` };
const CDI_FOLDERS = ['/etc/cdi', '/var/run/cdi'];

export async function readDockerMachine({ platform, env }: EngineHome): Promise<DockerMachine> {
  const [distribution, programs, gpus, driver, cdi] = await Promise.all([
    readDistribution(),
    findPrograms(platform, env),
    findGpus(),
    readFile('/proc/driver/nvidia/version', 'utf8').catch(() => ''),
    Promise.all(CDI_FOLDERS.map(async (folder) => readdir(folder).catch(() => []))),
  ]);
  return {
    platform,
    distribution,
    programs,
    gpus,
    nvidiaDriver: /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(driver)?.[1] ?? null,
    nvidiaCdi: cdi.flat().some((name) => /nvidia.*\.(ya?ml|json)$/.test(name)),
  };
}

async function readDistribution(): Promise<string[]> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const values = text.matchAll(/^(?:ID|ID_LIKE)="?([^"\n]*)"?$/gm);
  return [...values].flatMap(([, value]) => (value ?? '').split(' ')).filter((word) => word !== '');
}

/** Daemons lie in folders that a user's PATH may lack. */
async function findPrograms(platform: string, env: EngineHome['env']): Promise<Set<string>> {
  const exists = (path: string) =>
    access(path, constants.F_OK).then(
      () => true,
      () => false,
    );
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin', '/snap/bin'];
  const found = await Promise.all(
    PROGRAMS.map(async (name) => {
      const there = await Promise.all(folders.filter(Boolean).map(async (folder) => exists(join(folder, name))));
      return there.includes(true) ? [name] : [];
    }),
  );
  const desktop = platform === 'darwin' || platform === 'win32' ? await exists(DESKTOP[platform]) : false;
  return new Set([...found.flat(), ...(desktop ? ['docker-desktop'] : [])]);
}
