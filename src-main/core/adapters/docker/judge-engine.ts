import type { ContainerGpu, DockerProblem, DockerStatus } from '../../../contract/docker.ts';
import type { DockerEndpoint } from './endpoints.ts';
import { judgeContainerGpu } from './judge-gpu.ts';
import type { DockerMachine } from './machine-facts.ts';
import type { EngineInfo, EngineVersion, Probed } from './probe.ts';

/** What the calls to an engine depend on. */
export interface EngineFacts {
  readonly kind: 'docker' | 'docker-desktop' | 'podman';
  /** The API version that is spoken: "1.41". */
  readonly api: string;
  /** The engine's own version. */
  readonly version: string;
  readonly rootless: boolean;
  readonly selinux: boolean;
  /** Whether it may lift limits on locked memory and stacks: a rootless engine, or one in a box itself, may not. */
  readonly liftsLimits: boolean;
  readonly gpu: ContainerGpu;
}

export interface Judged {
  readonly status: Omit<DockerStatus, 'checked_at'>;
  /** The engine that answers and can be used. */
  readonly engine: { readonly endpoint: DockerEndpoint; readonly facts: EngineFacts } | null;
}

/** The range of Docker's API that this program speaks; 1.41 is Docker 20.10. */
const OLDEST_API = '1.40';
const NEWEST_API = '1.51';

const UNKNOWN_GPU: ContainerGpu = {
  status: 'unknown',
  method: null,
  detail: 'Whether containers can use a GPU is known once a container engine runs.',
  cure: null,
};

/** What the addresses said, as one state with one sentence and one cure. */
export function judgeEngine(said: readonly Probed[], machine: DockerMachine): Judged {
  const last = said.at(-1);
  if (last?.outcome.kind === 'answers') return judgeAnswer(last.endpoint, last.outcome, machine);
  const telling = mostTelling(said);
  return {
    status: {
      ...judgeSilence(telling, machine),
      kind: null,
      host: telling?.code === 'ENOENT' ? null : (telling?.endpoint.host ?? null),
      found_by: telling?.code === 'ENOENT' ? null : (telling?.endpoint.foundBy ?? null),
      version: null,
      api_version: null,
      rootless: false,
      gpu: UNKNOWN_GPU,
    },
    engine: null,
  };
}

function judgeAnswer(
  endpoint: DockerEndpoint,
  answer: { readonly version: EngineVersion; readonly info: EngineInfo | null },
  machine: DockerMachine,
): Judged {
  const { version, info } = answer;
  const podman = version.Components?.find(({ Name }) => Name === 'Podman Engine');
  const options = info?.SecurityOptions ?? [];
  const isDesktop = info?.OperatingSystem === 'Docker Desktop' || /Docker Desktop/.test(version.Platform?.Name ?? '');
  const about = {
    kind: podman ? ('podman' as const) : isDesktop ? ('docker-desktop' as const) : ('docker' as const),
    version: podman?.Version ?? version.Version,
    rootless: options.some((option) => option.includes('rootless')),
  };
  const selinux = options.some((option) => option.includes('selinux'));
  const api = compareVersions(version.ApiVersion, NEWEST_API) < 0 ? version.ApiVersion : NEWEST_API;
  const gpu = judgeContainerGpu({ ...about, info, machine });
  const problem = judgeVersion(about.kind, version, info);
  const name = { docker: 'Docker', 'docker-desktop': 'Docker Desktop', podman: 'Podman' }[about.kind];
  const rootless = about.rootless ? ', rootless' : '';
  return {
    status: {
      problem: 'ok',
      detail: `${name} ${about.version} answers (API ${api}${rootless}).`,
      cure: null,
      ...problem,
      ...about,
      host: endpoint.host,
      found_by: endpoint.foundBy,
      api_version: api,
      gpu,
    },
    engine:
      problem === null ? { endpoint, facts: { ...about, api, selinux, liftsLimits: !about.rootless, gpu } } : null,
  };
}

type Verdict = Pick<DockerStatus, 'problem' | 'detail' | 'cure'>;
const verdict = (problem: DockerProblem, detail: string, cure: string | null): Verdict => ({ problem, detail, cure });

function judgeVersion(kind: EngineFacts['kind'], version: EngineVersion, info: EngineInfo | null): Verdict | null {
  if (compareVersions(version.ApiVersion, OLDEST_API) < 0) {
    return verdict(
      'too_old',
      `Docker ${version.Version} speaks API ${version.ApiVersion}; at least ${OLDEST_API} (Docker 19.03) is needed.`,
      'Update Docker; https://docs.docker.com/engine/install/ says how.',
    );
  }
  if (compareVersions(version.MinAPIVersion ?? '0', NEWEST_API) > 0) {
    return verdict(
      'error',
      `Docker ${version.Version} wants API ${version.MinAPIVersion} or newer; this program speaks ${NEWEST_API}.`,
      'Update this program.',
    );
  }
  if (kind !== 'podman' && info?.OSType === 'windows') {
    return verdict(
      'error',
      'Docker runs Windows containers; the engines need Linux ones.',
      'Choose "Switch to Linux containers" in the menu of Docker Desktop.',
    );
  }
  return null;
}

interface Silence {
  readonly endpoint: DockerEndpoint;
  readonly code: string;
  readonly reason: string;
}

/** A door that is locked says more than one that is not there. */
const TELLING = ['EACCES', 'EPERM', 'EREMOTE', 'ECONNREFUSED'];

function mostTelling(said: readonly Probed[]): Silence | null {
  const silences = said.flatMap(({ endpoint, outcome }) =>
    outcome.kind === 'silent' ? [{ endpoint, code: outcome.code, reason: outcome.reason }] : [],
  );
  for (const code of TELLING) {
    const found = silences.find((silence) => silence.code === code);
    if (found) return found;
  }
  return silences.find(({ code }) => code !== 'ENOENT') ?? silences[0] ?? null;
}

function judgeSilence(silence: Silence | null, machine: DockerMachine): Verdict {
  const where = silence === null ? '' : ` at ${silence.endpoint.host}`;
  if (silence === null) return judgeAbsence(silence, machine);
  switch (silence.code) {
    case 'EACCES':
    case 'EPERM':
      return verdict(
        'no_permission',
        `Docker runs, but this user may not use it${where}.`,
        machine.platform === 'linux'
          ? 'Run `sudo usermod -aG docker $USER` and log in again. Whoever is in that group can do what root can; rootless Docker is the alternative.'
          : 'Add this user to the group "docker-users" and log in again.',
      );
    case 'EREMOTE':
      return verdict(
        'unreachable',
        `${silence.endpoint.foundBy} names the engine of another machine (${silence.endpoint.host}), and models run on this one.`,
        silence.endpoint.foundBy === 'DOCKER_HOST'
          ? 'Start this program without DOCKER_HOST.'
          : 'Run `docker context use default`.',
      );
    case 'ENOENT':
      return judgeAbsence(silence, machine);
    case 'ECONNREFUSED':
      return verdict('not_running', `Docker is installed but does not run${where}.`, startCommand(machine));
    default:
      return verdict(
        'unreachable',
        `The container engine${where} did not answer properly: ${silence.reason}.`,
        `Look at its log, or restart it. ${startCommand(machine)}`,
      );
  }
}

function judgeAbsence(silence: Silence | null, machine: DockerMachine): Verdict {
  const { platform, programs } = machine;
  if (silence?.endpoint.foundBy === 'DOCKER_HOST') {
    return verdict(
      'not_running',
      `DOCKER_HOST names ${silence.endpoint.host}, and nothing is there.`,
      'Start that engine, or start this program without DOCKER_HOST.',
    );
  }
  if (programs.has('dockerd') || programs.has('docker-desktop')) {
    return verdict('not_running', 'Docker is installed but does not run.', startCommand(machine));
  }
  if (programs.has('podman') && platform === 'linux') {
    return verdict(
      'not_running',
      'Podman is installed but does not listen.',
      'Run `systemctl --user enable --now podman.socket`.',
    );
  }
  return verdict('not_installed', 'No container engine is installed.', installCommand(machine));
}

function startCommand({ platform, programs }: DockerMachine): string {
  if (platform !== 'linux') return 'Start Docker Desktop.';
  return programs.has('dockerd') || !programs.has('podman')
    ? 'Run `sudo systemctl start docker`.'
    : 'Run `systemctl --user start podman.socket`.';
}

function installCommand({ platform, distribution }: DockerMachine): string {
  if (platform !== 'linux') return 'Install Docker Desktop from https://docs.docker.com/desktop/.';
  const is = (...names: string[]) => names.some((name) => distribution.includes(name));
  const enable = '`sudo systemctl enable --now docker`';
  if (is('debian', 'ubuntu')) return 'Run `sudo apt install docker.io`.';
  if (is('fedora')) return `Run \`sudo dnf install moby-engine\`, then ${enable}.`;
  if (is('arch')) return `Run \`sudo pacman -S docker\`, then ${enable}.`;
  if (is('suse', 'opensuse')) return `Run \`sudo zypper install docker\`, then ${enable}.`;
  return 'Install Docker Engine as https://docs.docker.com/engine/install/ says.';
}

/** Compares dotted versions by number; what is no number counts as 0. */
export function compareVersions(a: string, b: string): number {
  const parts = (text: string) => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [left, right] = [parts(a), parts(b)];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
