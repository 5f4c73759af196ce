import type { EngineBuild } from '../../../contract/engines.ts';
import type { CheckItem } from '../../../contract/system.ts';
import { backendName, judgeBackend } from '../../adapters/engine-builds/backend-verdict.ts';
import type { SystemFacts, ToolFacts } from './system-facts.ts';

const GIB = 1024 ** 3;
/** Room for an engine and a small model. */
const LOW_BYTES = 10 * GIB;
/** Below this the database and logs are in danger. */
const EMPTY_BYTES = GIB;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);

type Verdict = Omit<CheckItem, 'id' | 'label'>;

/** The lines of the check, in the order in which a person mends things. */
export function judgeSystem(facts: SystemFacts): CheckItem[] {
  const hasEngine = (facts.builds ?? []).some((build) => build.status === 'ready');
  return [
    { id: 'engine', label: 'llama.cpp engine', ...judgeEngine(facts.builds) },
    { id: 'compiler', label: 'C++ compiler', ...judgeTool('g++', facts.compiler, hasEngine, facts.platform) },
    { id: 'git', label: 'git', ...judgeTool('git', facts.git, hasEngine, facts.platform) },
    { id: 'cuda', label: 'CUDA', ...judgeGpu('cuda', facts) },
    { id: 'vulkan', label: 'Vulkan', ...judgeGpu('vulkan', facts) },
    { id: 'docker', label: 'Docker', ...judgeDocker(facts) },
    { id: 'disk', label: 'Disk space', ...judgeDisks(facts) },
    { id: 'port', label: 'Address and port', ...judgePort(facts) },
  ];
}

function verdict(status: CheckItem['status'], detail: string, cure: string | null = null): Verdict {
  return { status, detail, cure };
}

function judgeEngine(builds: readonly EngineBuild[] | null): Verdict {
  if (builds === null) return verdict('warning', 'The installed engine did not answer in time.', 'Check again.');
  const build = builds.find((entry) => entry.is_default) ?? builds[0];
  if (build === undefined) {
    return verdict(
      'warning',
      'No engine is installed yet; models cannot start.',
      'Install the carried engine; it takes about a minute.',
    );
  }
  if (build.status === 'broken') {
    return verdict(
      'failed',
      build.problem ?? 'The default engine does not run.',
      'Install it again under Settings, Engine builds.',
    );
  }
  return verdict('ok', `llama.cpp ${build.version} (${build.source}), runs on ${backendName(build.backend)}.`);
}

function judgeTool(tool: string, found: ToolFacts | null, hasEngine: boolean, platform: string): Verdict {
  if (found === null) return verdict('info', `${tool} did not answer in time.`);
  if (found.kind === 'there') return verdict('ok', found.words);
  if (platform !== 'linux')
    return verdict('info', `${tool} is not there; engines come as release builds on this platform.`);
  const cure = `Run \`apt install ${tool}\`, or your distribution’s equivalent.`;
  return hasEngine
    ? verdict('info', `${tool} is not there; only assembling the carried engine needs it.`)
    : verdict('warning', `${tool} is not there, and the carried engine cannot be assembled without it.`, cure);
}

function judgeGpu(backend: 'cuda' | 'vulkan', facts: SystemFacts): Verdict {
  const { gpus, builds } = facts;
  if (gpus === null) return verdict('info', 'The GPUs could not be looked up in time.');
  if (backend === 'cuda' && !gpus.nvidia) return verdict('info', 'No NVIDIA GPU was found; CUDA is not needed.');
  if (!gpus.nvidia && !gpus.amd && !gpus.intel) return verdict('info', 'No GPU was found; models run on the CPU.');
  const build = builds?.find((entry) => entry.is_default && entry.status === 'ready');
  const known = build?.backends.find((check) => check.backend === backend);
  const missing = facts.missingLibraries[backend];
  const check = known ?? (missing === undefined ? null : judgeBackend({ backend, missing, devices: [] }, gpus));
  if (check === null) return verdict('info', `No engine with ${backendName(backend)} is installed.`);
  if (check.usable) return verdict('ok', `${backendName(backend)} works.`);
  // Before there is an engine nothing was loaded: all that is known is that the libraries are there.
  if (known === undefined && missing?.length === 0) return verdict('ok', 'All libraries it needs are there.');
  const isCovered = backend === 'vulkan' && (build?.backend === 'cuda' || ((missing?.length ?? 1) > 0 && gpus.nvidia));
  return verdict(isCovered ? 'info' : 'warning', check.problem ?? 'It cannot be used.', check.cure);
}

function judgeDocker({ docker }: SystemFacts): Verdict {
  const notNeeded = 'Models run as plain processes without it.';
  if (docker === null) return verdict('info', `The container engine did not answer in time. ${notNeeded}`);
  if (docker.problem !== 'ok') {
    // Who has none may not want any; who has one wants to know why it cannot be used.
    return verdict('info', `${docker.detail} ${notNeeded}`, docker.problem === 'not_installed' ? null : docker.cure);
  }
  const { gpu } = docker;
  // Whoever has containers and a GPU wants the one in the other.
  const lacksGpu = gpu.status !== 'ready' && gpu.status !== 'none' && gpu.status !== 'unknown';
  return verdict(lacksGpu ? 'warning' : 'ok', `${docker.detail} ${gpu.detail}`, gpu.cure);
}

function judgeDisks({ disks }: SystemFacts): Verdict {
  const known = disks.flatMap((disk) => (disk.freeBytes === null ? [] : [{ ...disk, freeBytes: disk.freeBytes }]));
  const [tightest] = known.toSorted((a, b) => a.freeBytes - b.freeBytes);
  if (tightest === undefined) return verdict('warning', 'The free space could not be read.');
  const detail = known.map(({ what, freeBytes }) => `${what}: ${(freeBytes / GIB).toFixed(1)} GiB free`).join('; ');
  const cure = `Free some space at ${tightest.path}, or choose another directory.`;
  if (tightest.freeBytes < EMPTY_BYTES) return verdict('failed', `${detail}.`, cure);
  return tightest.freeBytes < LOW_BYTES ? verdict('warning', `${detail}.`, cure) : verdict('ok', `${detail}.`);
}

function judgePort({ listening }: SystemFacts): Verdict {
  if (listening === null) return verdict('warning', 'The program does not listen yet.', 'Check again.');
  const { host, port } = listening;
  const address = `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`;
  return LOOPBACK.has(host)
    ? verdict('ok', `Listens on ${address}, reachable from this machine only.`)
    : verdict('info', `Listens on ${address}, reachable from the network; every request needs a key.`);
}
