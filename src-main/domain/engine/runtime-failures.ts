import type { DiagnosisInput } from './driver.ts';
import { advice, type FailureRule, type Fix } from './failure-rule.ts';

/**
 * What fails outside an engine: the container engine, the NVIDIA Container Toolkit and the driver. `START_RULES` read the
 * sentence with which a start was refused, `GPU_RULES` the log of an engine.
 */

const withoutGpu = { title: 'Start it without a GPU', patch: { device: 'cpu' } };
const otherGpus = { title: 'Give it all GPUs', patch: { selected_gpus: null } };

/** The first driver series that runs a CUDA version: https://docs.nvidia.com/cuda/cuda-toolkit-release-notes */
const DRIVERS: Readonly<Record<string, string>> = { '13': '580', '12.9': '575', '12.8': '570', '12': '525' };

function driverFor(cuda: string): string {
  const series = DRIVERS[cuda] ?? DRIVERS[cuda.split('.')[0] ?? ''];
  return series === undefined ? 'a newer one' : `${series} or newer`;
}

const OLDER_IMAGE = 'Or take an image for an older CUDA: vLLM has tags that end in -cu129, llama.cpp has server-cuda12';

function newerDriver(_: DiagnosisInput, match: RegExpExecArray): Fix[] {
  const cuda = match[1] ?? '';
  return advice(
    cuda === ''
      ? 'Install a newer NVIDIA driver and restart the machine'
      : `Install the NVIDIA driver ${driverFor(cuda)} and restart the machine`,
    OLDER_IMAGE,
  )();
}

const TOOLKIT_RULES: readonly FailureRule[] = [
  {
    code: 'gpu_toolkit_missing',
    pattern:
      /could not select device driver "[^"]*" with capabilities: \[\[gpu|unknown or invalid runtime name: nvidia/,
    summary: 'Containers cannot use the GPU: the NVIDIA Container Toolkit is missing or not switched on.',
    fixes: () => [
      {
        title:
          'Install nvidia-container-toolkit, run "sudo nvidia-ctk runtime configure --runtime=docker", and restart Docker',
        patch: null,
      },
      withoutGpu,
    ],
  },
  {
    code: 'gpu_unknown',
    pattern:
      /unresolvable CDI devices?:? (\S+)|nvidia-container-cli: device error: ([^:]+): unknown device|cannot set both Count and DeviceIDs/,
    summary: (match) => `The GPU ${match[1] ?? match[2] ?? 'that was asked for'} is not known to the container engine.`,
    fixes: () => [
      otherGpus,
      { title: 'Run "sudo nvidia-ctk cdi generate --output=/var/run/cdi/nvidia.yaml"', patch: null },
    ],
  },
  {
    code: 'gpu_driver_too_old',
    pattern: /unsatisfied condition: cuda>=\s?([\d.]+)/,
    summary: (match) => `The NVIDIA driver is too old for this image, which needs CUDA ${match[1]}.`,
    fixes: newerDriver,
  },
  {
    code: 'gpu_driver_not_loaded',
    pattern: /nvml error: driver not loaded|nvidia-container-cli: initialization error|NVIDIA-SMI has failed because/,
    summary: 'The NVIDIA driver is not running.',
    fixes: () => [
      { title: 'Run nvidia-smi: when it fails too, install the driver again or restart the machine', patch: null },
      withoutGpu,
    ],
  },
];

export const GPU_RULES: readonly FailureRule[] = [
  ...TOOLKIT_RULES,
  {
    code: 'gpu_driver_mismatch',
    pattern: /Driver\/library version mismatch/,
    summary: 'The NVIDIA driver was updated, but the machine still runs the old one.',
    fixes: advice('Restart the machine'),
  },
  {
    code: 'gpu_lost',
    pattern: /Failed to initialize NVML: Unknown Error|GPU is lost|has fallen off the bus/,
    summary: 'The GPU went away while the engine had it.',
    fixes: advice('Start it again; when that fails too, restart the machine'),
  },
  {
    code: 'gpu_driver_too_old',
    pattern:
      /NVIDIA driver on your system is too old \(found version ([^)]+)\)|CUDA driver version is insufficient for CUDA runtime version|PTX was compiled with an unsupported toolchain|forward compatibility was attempted on non supported HW/i,
    summary: 'The NVIDIA driver is too old for this engine.',
    fixes: advice('Install a newer NVIDIA driver and restart the machine', OLDER_IMAGE),
  },
  {
    code: 'gpu_too_old',
    pattern: /no kernel image is available for execution|(sm_\d+) is not compatible with the current PyTorch/,
    summary: 'This engine has no code for a GPU of this generation.',
    fixes: advice(
      'Take llama.cpp in its CUDA 12 image, which runs GPUs from 2014 on; vLLM needs one of the RTX 20 series or newer',
    ),
  },
];

const CONTAINER_RULES: readonly FailureRule[] = [
  {
    code: 'container_name_taken',
    pattern: /container name "\/?([^"]+)" is already in use/,
    summary: (match) => `A container named ${match[1]} is still there.`,
    fixes: (_, match) => [{ title: `Remove it with "docker rm -f ${match[1]}" and start again`, patch: null }],
  },
  {
    code: 'port_in_use',
    pattern: /port is already allocated|Bind for \S+ failed|address already in use|ports are not available/i,
    summary: 'Another program took the port before the container could.',
    fixes: advice('Start it again; another free port is taken'),
  },
  {
    code: 'mount_missing',
    pattern: /bind source path does not exist: (.+?)(?:"|$)|error while creating mount source path '([^']+)'/,
    summary: (match) => `The folder ${match[1] ?? match[2]} that the container needs is not there.`,
    fixes: advice('Check that the model’s folder is still there, and that the drive is connected'),
  },
  {
    code: 'mount_refused',
    pattern: /(?:mounts denied|is not shared from the host|error mounting "([^"]+)"|statfs \S+: permission denied)/,
    summary: 'The container engine may not read the model’s folder.',
    fixes: advice('Let the container engine read the folder; Docker Desktop lists it under Resources, File sharing'),
  },
  {
    code: 'image_wrong_architecture',
    pattern: /exec format error|no matching manifest for (\S+)|does not match the (?:specified|detected host) platform/,
    summary: 'The image is for another kind of processor than this machine has.',
    fixes: advice('Choose an image for this machine; many have tags for x86_64 and for aarch64'),
  },
  {
    code: 'image_missing',
    pattern:
      /No such image: ([^\s"]+)|pull access denied for ([^\s,]+)|manifest (?:for (\S+) not found|unknown)|invalid reference format/,
    summary: (match) => `There is no image ${match[1] ?? match[2] ?? match[3] ?? 'of this name'}.`,
    fixes: advice('Check the image’s name, or download it under Images'),
  },
  {
    code: 'disk_full',
    pattern: /no space left on device/i,
    summary: 'The disk of the container engine is full.',
    fixes: advice('Remove images that are no longer used under Images, or make room on the disk'),
  },
  {
    code: 'program_missing',
    pattern:
      /exec: \\?"([^"\\]+)\\?": (?:executable file not found|stat .*no such file)|executable file not found in \$PATH/,
    summary: (match) => `The image does not have the program ${match[1] ?? 'that should be started'}.`,
    fixes: ownEntrypoint,
  },
  {
    code: 'program_not_executable',
    pattern: /exec: \\?"([^"\\]+)\\?": (?:permission denied|is a directory)/,
    summary: (match) => `The program ${match[1]} of the image may not be run.`,
    fixes: ownEntrypoint,
  },
  {
    code: 'memory_limit_invalid',
    pattern: /Minimum memory limit allowed is (\S+)|memory limit .* (?:too (?:low|small)|exceeds)/i,
    summary: 'The container engine refuses the memory limit.',
    fixes: () => [{ title: 'Set no memory limit', patch: { memory_limit_gb: null } }],
  },
  {
    code: 'containers_unreachable',
    pattern: /Cannot connect to the Docker daemon|docker\.sock|ECONNREFUSED|dockerDesktopLinuxEngine/,
    summary: 'The container engine does not answer.',
    fixes: advice('Start Docker, and start the model again'),
  },
];

/** The image is that of the other engine: its program refuses our flags in its own words. */
export function otherEngine(runs: string, wanted: string, pattern: RegExp): FailureRule {
  return {
    code: 'wrong_engine',
    pattern,
    summary: (_, { runtime }) => `This ${runtime === 'container' ? 'image' : 'program'} runs ${runs}, not ${wanted}.`,
    fixes: ({ runtime, fields }) => {
      if (runtime === 'process') return advice(`Choose an engine build of ${wanted} in Settings`)();
      const own = fields['entrypoint_override'] ?? null;
      return [
        {
          title: 'Take the usual image',
          patch: { engine_image: null, ...(own === null ? {} : { entrypoint_override: null }) },
        },
        { title: `Or make a model for ${runs}, when it can run this file or folder`, patch: null },
      ];
    },
  };
}

export const START_RULES: readonly FailureRule[] = [...TOOLKIT_RULES, ...CONTAINER_RULES];

function ownEntrypoint(input: DiagnosisInput): Fix[] {
  const own = input.fields['entrypoint_override'] ?? null;
  return [
    ...(own === null ? [] : [{ title: 'Take the image’s own entrypoint', patch: { entrypoint_override: null } }]),
    { title: 'Check that this is an image of the chosen engine', patch: null },
  ];
}
