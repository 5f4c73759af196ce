import type { ContainerGpu } from '../../../contract/docker.ts';
import type { DockerMachine } from './machine-facts.ts';
import type { EngineInfo } from './probe.ts';

interface GpuFacts {
  readonly kind: 'docker' | 'docker-desktop' | 'podman';
  readonly rootless: boolean;
  readonly info: EngineInfo | null;
  readonly machine: DockerMachine;
}

/** The driver branch that images built for CUDA 13 need (docs.nvidia.com, CUDA compatibility). */
const CUDA_13_DRIVER = 580;

/** Whether a container can be given a GPU, and what is missing otherwise. */
export function judgeContainerGpu({ kind, rootless, info, machine }: GpuFacts): ContainerGpu {
  const hasRuntime = info?.Runtimes?.['nvidia'] !== undefined;
  if (machine.platform === 'win32') {
    return hasRuntime
      ? ready('nvidia', machine)
      : gpu('unknown', 'Docker does not say whether its containers can use the GPU.', null);
  }
  const { nvidia, nvidiaDriver } = machine.gpus;
  if (!nvidia) return gpu('none', 'This machine has no NVIDIA GPU; engines in containers run on the CPU.', null);
  if (!nvidiaDriver) return gpu('driver_missing', 'The NVIDIA driver is not loaded.', driverCure(machine));
  if (kind === 'docker-desktop' && !hasRuntime) {
    return gpu(
      'unsupported',
      'Docker Desktop on Linux runs containers in a virtual machine that does not see the GPU.',
      'Install Docker Engine beside it and run `docker context use default`.',
    );
  }
  const hasCdi =
    info?.DiscoveredDevices?.some(({ ID }) => ID.startsWith('nvidia.com/gpu')) === true ||
    (machine.nvidiaCdi && (kind === 'podman' || (info?.CDISpecDirs?.length ?? 0) > 0));
  if (kind === 'podman') return hasCdi ? ready('cdi', machine) : withoutToolkit(machine, CDI_CURE);
  // Rootless, NVIDIA's runtime needs a setting of its own; CDI works as it is.
  if (rootless && hasCdi) return ready('cdi', machine);
  // Docker offers its GPU driver where it finds the toolkit's hook, with or without the runtime being registered.
  if (hasRuntime || machine.programs.has('nvidia-container-runtime-hook')) return ready('nvidia', machine);
  return hasCdi ? ready('cdi', machine) : withoutToolkit(machine, RUNTIME_CURE);
}

const RUNTIME_CURE = 'run `sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker`';
const CDI_CURE = 'run `sudo nvidia-ctk cdi generate --output=/etc/cdi/nvidia.yaml`';

function gpu(status: ContainerGpu['status'], detail: string, cure: string | null): ContainerGpu {
  return { status, method: null, detail, cure };
}

function ready(method: 'nvidia' | 'cdi', { nvidiaDriver }: DockerMachine): ContainerGpu {
  const by = method === 'cdi' ? 'CDI' : 'the NVIDIA runtime';
  const isOld = nvidiaDriver !== null && Number.parseInt(nvidiaDriver, 10) < CUDA_13_DRIVER;
  return isOld
    ? {
        status: 'ready',
        method,
        detail: `Containers get GPUs by ${by}, but the driver ${nvidiaDriver} is too old for images built for CUDA 13.`,
        cure: `Update the NVIDIA driver to ${CUDA_13_DRIVER} or newer, or choose images for CUDA 12.`,
      }
    : { status: 'ready', method, detail: `Containers get GPUs by ${by}.`, cure: null };
}

function withoutToolkit({ programs }: DockerMachine, configure: string): ContainerGpu {
  return programs.has('nvidia-ctk')
    ? gpu(
        'no_toolkit',
        'The NVIDIA Container Toolkit is installed, but the container engine does not know it.',
        `${configure.charAt(0).toUpperCase()}${configure.slice(1)}.`,
      )
    : gpu(
        'no_toolkit',
        'The NVIDIA Container Toolkit is missing, so containers cannot use the GPU.',
        `Install the package nvidia-container-toolkit from NVIDIA’s repository, then ${configure}.`,
      );
}

function driverCure({ distribution }: DockerMachine): string {
  if (distribution.includes('ubuntu')) return 'Run `sudo ubuntu-drivers install` and restart the machine.';
  if (distribution.includes('debian')) return 'Run `sudo apt install nvidia-driver` and restart the machine.';
  if (distribution.includes('arch')) return 'Run `sudo pacman -S nvidia` and restart the machine.';
  return 'Install the NVIDIA driver of your distribution and restart the machine.';
}
