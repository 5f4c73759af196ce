import { describe, expect, it } from 'vitest';
import { createOptions } from '../../../../../src-main/core/adapters/docker/create-options.ts';
import { DockerContainers } from '../../../../../src-main/core/adapters/docker/docker-containers.ts';
import { DockerEngine } from '../../../../../src-main/core/adapters/docker/docker-engine.ts';
import type { EngineFacts } from '../../../../../src-main/core/adapters/docker/judge-engine.ts';
import { renderDockerRun } from '../../../../../src-main/core/adapters/docker/run-line.ts';
import { systemClock } from '../../../../../src-main/core/ports/clock.ts';
import type { ContainerSpec } from '../../../../../src-main/core/ports/containers.ts';

const DOCKER: EngineFacts = {
  kind: 'docker',
  api: '1.50',
  version: '28.2.2',
  rootless: false,
  selinux: false,
  liftsLimits: true,
  gpu: { status: 'ready', method: 'nvidia', detail: '', cure: null },
};
const CDI: EngineFacts = { ...DOCKER, gpu: { ...DOCKER.gpu, method: 'cdi' } };
const PODMAN: EngineFacts = {
  ...CDI,
  kind: 'podman',
  version: '5.4.0',
  rootless: true,
  selinux: true,
  liftsLimits: false,
};

const SPEC: ContainerSpec = {
  name: 'cortex-vllm-7',
  image: 'sha256:abc',
  entrypoint: ['python3', '-m', 'vllm'],
  args: ['--model', '/models/Qwen 3', '--note', `it's`],
  env: { VLLM_API_KEY: 'secret-key', HF_HUB_OFFLINE: '1' },
  labels: { 'io.cortex-desktop.product': 'cortex', 'io.cortex-desktop.model-id': '7' },
  gpus: { kind: 'some', ids: ['GPU-1', 'GPU-2'] },
  mounts: [
    { source: '/data/a,b', target: '/models', readOnly: true },
    { source: 'cortex-vllm-cache', target: '/cache', readOnly: false },
  ],
  port: 8000,
  user: '1000:1000',
  readOnlyRoot: true,
  ipc: 'private',
  sharedMemoryBytes: 1 << 30,
  memoryBytes: 2 * 1024 ** 3,
  pidsLimit: 512,
};

describe('what a container is created with', () => {
  it('hardens every container', () => {
    const { HostConfig: host, Healthcheck, User } = createOptions(SPEC, DOCKER);
    expect(host).toMatchObject({
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PortBindings: { '8000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
      ReadonlyRootfs: true,
      PidsLimit: 512,
      Memory: 2 * 1024 ** 3,
      MemorySwap: 2 * 1024 ** 3,
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      Init: true,
    });
    expect(Healthcheck).toEqual({ Test: ['NONE'] });
    expect(User).toBe('1000:1000');
    expect(host.Mounts).toEqual([
      { Type: 'bind', Source: '/data/a,b', Target: '/models', ReadOnly: true },
      { Type: 'volume', Source: 'cortex-vllm-cache', Target: '/cache', ReadOnly: false },
    ]);
  });

  it('takes nothing of our own environment along', () => {
    expect(createOptions(SPEC, DOCKER).Env).toEqual(['VLLM_API_KEY=secret-key', 'HF_HUB_OFFLINE=1']);
  });

  it('asks for GPUs in the way the engine understands, never by count and ids together', () => {
    const request = (gpus: ContainerSpec['gpus'], facts: EngineFacts) => {
      const { DeviceRequests, Devices } = createOptions({ ...SPEC, gpus }, facts).HostConfig;
      return { DeviceRequests, Devices };
    };
    const all = { kind: 'all' } as const;
    expect(request(SPEC.gpus, DOCKER).DeviceRequests).toEqual([
      { Driver: '', DeviceIDs: ['GPU-1', 'GPU-2'], Capabilities: [['gpu']] },
    ]);
    expect(request(all, DOCKER).DeviceRequests).toEqual([{ Driver: '', Count: -1, Capabilities: [['gpu']] }]);
    expect(request(all, CDI).DeviceRequests).toEqual([{ Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=all'] }]);
    expect(request(SPEC.gpus, PODMAN).DeviceRequests).toEqual([
      { Driver: 'cdi', DeviceIDs: ['nvidia.com/gpu=GPU-1', 'nvidia.com/gpu=GPU-2'] },
    ]);
    expect(request(all, { ...PODMAN, version: '5.3.1' })).toEqual({
      DeviceRequests: undefined,
      Devices: [{ PathOnHost: 'nvidia.com/gpu=all' }],
    });
    expect(request({ kind: 'none' }, DOCKER)).toEqual({ DeviceRequests: undefined, Devices: undefined });
  });

  it('can read the models of a user of SELinux and of a rootless engine', () => {
    const { HostConfig, User } = createOptions(SPEC, PODMAN);
    expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges', 'label=disable']);
    expect(User).toBe('0:0');
    expect(createOptions({ ...SPEC, user: null }, PODMAN).User).toBeUndefined();
    expect(HostConfig.Ulimits).toBeUndefined();
    expect(HostConfig.LogConfig.Config).toEqual({ 'max-size': '20m' });
  });

  it('shares the memory of the host only where that was asked, and then sets no size of its own', () => {
    expect(createOptions({ ...SPEC, ipc: 'host' }, DOCKER).HostConfig).toMatchObject({ IpcMode: 'host' });
    expect(createOptions({ ...SPEC, ipc: 'host' }, DOCKER).HostConfig.ShmSize).toBeUndefined();
  });
});

describe('the docker run line', () => {
  it('shows every option of the very container, quoted for a shell, with its secrets masked', () => {
    expect(renderDockerRun(SPEC, DOCKER, ['VLLM_API_KEY']).replaceAll(/ (?=--?[a-z])/g, '\n')).toBe(
      [
        'docker run',
        '-d',
        '--name cortex-vllm-7',
        '--user 1000:1000',
        '--label io.cortex-desktop.product=cortex',
        '--label io.cortex-desktop.model-id=7',
        `--env 'VLLM_API_KEY=***'`,
        '--env HF_HUB_OFFLINE=1',
        '--no-healthcheck',
        '-p 127.0.0.1::8000',
        `--mount 'type=bind,"source=/data/a,b",target=/models,readonly'`,
        '--mount type=volume,source=cortex-vllm-cache,target=/cache',
        `--gpus '"device=GPU-1,GPU-2"'`,
        '--cap-drop ALL',
        '--security-opt no-new-privileges',
        '--pids-limit 512',
        '--memory 2147483648',
        '--memory-swap 2147483648',
        '--ipc private',
        '--shm-size 1073741824',
        '--ulimit memlock=-1',
        '--ulimit stack=67108864',
        '--read-only',
        '--tmpfs /tmp:rw,exec,nosuid,nodev,mode=1777',
        '--init',
        '--log-driver json-file',
        '--log-opt max-size=20m',
        '--log-opt max-file=3',
        '--restart no',
        `--entrypoint python3 sha256:abc`,
        '-m vllm',
        `--model '/models/Qwen 3'`,
        String.raw`--note 'it'\''s'`,
      ].join('\n'),
    );
  });

  it('says nothing of a GPU for a run on the CPU, and speaks to Podman by its name', () => {
    const line = renderDockerRun({ ...SPEC, gpus: { kind: 'none' } }, DOCKER, []);
    expect(line).not.toContain('--gpus');
    expect(renderDockerRun(SPEC, PODMAN, [])).toMatch(/^podman run .*--device nvidia\.com\/gpu=GPU-1 --device/);
  });

  it('for elsewhere lifts the limits that this machine’s Docker may not lift, and only there', () => {
    using engine = new DockerEngine({ clock: systemClock });
    const containers = new DockerContainers(engine);
    engine.learnThatLimitsStay();
    expect(containers.runLine(SPEC, [])).not.toContain('--ulimit');
    expect(containers.runLine(SPEC, [], 'elsewhere')).toContain('--ulimit memlock=-1 --ulimit stack=67108864');
  });
});
