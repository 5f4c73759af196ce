import type { Backend, BackendCheck } from '../../../contract/engines.ts';
import type { EngineDevice } from './engine-proof.ts';
import type { GpuPresence } from './gpu-presence.ts';

/** What was found out about one backend of a build, before it is judged. */
export interface BackendFindings {
  readonly backend: Backend;
  /** Libraries it needs and the loader does not find. */
  readonly missing: readonly string[];
  /** The devices that a llama-server which loaded it lists. */
  readonly devices: readonly EngineDevice[];
}

/** Best first: what a model started now would use. */
const PREFERENCE: readonly Backend[] = ['cuda', 'rocm', 'metal', 'vulkan', 'cpu'];

const DEVICE_PREFIX: readonly (readonly [RegExp, Backend])[] = [
  [/^CUDA\d/i, 'cuda'],
  [/^ROCm\d|^HIP\d/i, 'rocm'],
  [/^(Metal|MTL)\d*/i, 'metal'],
  [/^Vulkan\d/i, 'vulkan'],
];

/** The backend behind a device's name in `--list-devices`; null for one we do not know. */
export function deviceBackend(device: EngineDevice): Backend | null {
  return DEVICE_PREFIX.find(([prefix]) => prefix.test(device.id))?.[1] ?? null;
}

/** Whether a backend can work here, and if not, the one thing to say about it. */
export function judgeBackend(findings: BackendFindings, gpus: GpuPresence): BackendCheck {
  const { backend, missing, devices } = findings;
  const usable = { backend, usable: true, problem: null, cure: null };
  if (backend === 'cpu' || devices.length > 0) return usable;
  const refused = (problem: string, cure: string | null) => ({ backend, usable: false, problem, cure });
  if (backend === 'cuda' && !gpus.nvidia) return refused('No NVIDIA GPU was found.', null);
  if (backend === 'rocm' && !gpus.amd) return refused('No AMD GPU was found.', null);
  if (backend === 'vulkan' && !gpus.nvidia && !gpus.amd && !gpus.intel) return refused('No GPU was found.', null);
  if (missing.length > 0) {
    return refused(`${sentenceList(missing)} ${missing.length === 1 ? 'is' : 'are'} missing.`, cureFor(missing));
  }
  return refused('Its libraries load, but it finds no device.', driverCure(backend, gpus));
}

/** The best backend that works; a build without any usable one still has the CPU's code inside. */
export function bestBackend(checks: readonly BackendCheck[]): Backend {
  return PREFERENCE.find((backend) => checks.some((check) => check.backend === backend && check.usable)) ?? 'cpu';
}

/** Sentences for a GPU that is present and not used as well as it could be. */
export function gpuNotices(checks: readonly BackendCheck[], gpus: GpuPresence): string[] {
  const chosen = bestBackend(checks);
  const maker = gpus.nvidia ? 'An NVIDIA GPU' : gpus.amd ? 'An AMD GPU' : null;
  if (maker === null) return [];
  const better = PREFERENCE.slice(0, PREFERENCE.indexOf(chosen));
  const refused = checks.filter((check) => better.includes(check.backend) && check.cure !== null);
  if (refused.length === 0) {
    return chosen === 'cpu' && !checks.some((check) => check.backend !== 'cpu')
      ? [`${maker} is present, but this engine build runs on the CPU only; install a build for the GPU.`]
      : [];
  }
  return refused.map(
    (check) =>
      `${maker} is present, but ${backendName(check.backend)} cannot be used: ${check.problem ?? ''} ${check.cure ?? ''} ` +
      `Until then ${chosen === 'cpu' ? 'the CPU' : backendName(chosen)} is used.`,
  );
}

export function backendName(backend: Backend): string {
  return { cuda: 'CUDA', vulkan: 'Vulkan', metal: 'Metal', rocm: 'ROCm', cpu: 'CPU' }[backend];
}

function sentenceList(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}

/** The packages that hold a missing library, by Debian's and NVIDIA's names. */
function cureFor(missing: readonly string[]): string {
  if (missing.includes('libcuda.so.1')) return 'Install NVIDIA’s driver (`apt install nvidia-driver`) and restart.';
  const packages = new Set(missing.flatMap(packagesFor));
  if (packages.size === 0) return `Install what holds ${sentenceList(missing)}.`;
  const source = missing.some((name) => name.startsWith('libcu')) ? ' from NVIDIA’s CUDA repository' : '';
  return `Run \`apt install ${[...packages].join(' ')}\`${source}.`;
}

function packagesFor(library: string): string[] {
  const [, stem = library, major = ''] = /^(.+?)\.so(?:\.(\d+))?/.exec(library) ?? [];
  switch (stem) {
    case 'libcudart':
      return [`cuda-cudart-${major}-0`];
    case 'libcublas':
    case 'libcublasLt':
      return [`libcublas-${major}-0`];
    case 'libvulkan':
      return ['libvulkan1', 'mesa-vulkan-drivers'];
    case 'libgomp':
      return ['libgomp1'];
    case 'libamdhip64':
    case 'libhipblas':
    case 'librocblas':
      return ['rocm-hip-runtime', 'rocblas', 'hipblas'];
    default:
      return [];
  }
}

function driverCure(backend: Backend, gpus: GpuPresence): string {
  if (gpus.nvidia && !gpus.nvidiaDriver) return 'Install NVIDIA’s driver (`apt install nvidia-driver`) and restart.';
  if (backend === 'cuda')
    return 'Run `nvidia-smi`: it says what is wrong with the driver; CUDA 13 needs driver 580 or newer.';
  if (backend === 'rocm') return 'Run `rocminfo` as this user; it may have to be in the groups render and video.';
  return 'Run `apt install mesa-vulkan-drivers vulkan-tools` and see `vulkaninfo --summary`.';
}
