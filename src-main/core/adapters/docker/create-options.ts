import { CONTAINER_POLICY } from '../../../domain/exchange/container-policy.ts';
import type { ContainerSpec, GpuRequest } from '../../ports/containers.ts';
import { compareVersions, type EngineFacts } from './judge-engine.ts';

/**
 * What is asked of `POST /containers/create`: of Docker's options those that we use and no other, so that `run-line.ts`
 * can show every one of them.
 */
export interface CreateOptions {
  readonly name: string;
  readonly Image: string;
  readonly Entrypoint?: string[];
  readonly Cmd: string[];
  readonly Env: string[];
  readonly Labels: Record<string, string>;
  readonly User?: string;
  readonly ExposedPorts: Record<string, Record<string, never>>;
  readonly Healthcheck: { readonly Test: string[] };
  readonly HostConfig: HostOptions;
}

export interface HostOptions {
  readonly PortBindings: Record<string, { HostIp: string; HostPort: string }[]>;
  readonly Mounts: { Type: 'bind' | 'volume'; Source: string; Target: string; ReadOnly: boolean }[];
  readonly DeviceRequests?: {
    Driver: string;
    Count?: number;
    DeviceIDs?: string[];
    Capabilities?: string[][];
  }[];
  readonly Devices?: { PathOnHost: string }[];
  readonly CapDrop: string[];
  readonly SecurityOpt: string[];
  readonly PidsLimit: number;
  readonly Memory?: number;
  readonly MemorySwap?: number;
  readonly IpcMode: 'private' | 'host';
  readonly ShmSize?: number;
  readonly Ulimits?: { Name: string; Soft: number; Hard: number }[];
  readonly ReadonlyRootfs: boolean;
  readonly Tmpfs?: Record<string, string>;
  readonly Init: boolean;
  readonly LogConfig: { Type: string; Config: Record<string, string> };
  readonly RestartPolicy: { Name: 'no' };
  readonly AutoRemove: false;
}

type GpuOptions = Pick<HostOptions, 'DeviceRequests' | 'Devices'>;

/** Podman takes CDI names as device requests from this version on (containers/podman #25171). */
const PODMAN_WITH_CDI_REQUESTS = '5.4.0';

/** A container as the engine is asked for it. Nothing of our own environment is in it. */
export function createOptions(spec: ContainerSpec, facts: EngineFacts): CreateOptions {
  const port = `${spec.port}/tcp`;
  const user = userOf(spec, facts);
  return {
    name: spec.name,
    Image: spec.image,
    ...(spec.entrypoint === null ? {} : { Entrypoint: [...spec.entrypoint] }),
    Cmd: [...spec.args],
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels },
    ...(user === null ? {} : { User: user }),
    ExposedPorts: { [port]: {} },
    // The images' own checks ask a fixed port, and nobody reads what they say.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
      ...hardening(spec, facts),
      ...resources(spec, facts),
      ...gpuOptions(spec.gpus, facts),
      // A bind whose source is gone is an error; Docker's older "binds" would make an empty folder of root's.
      Mounts: spec.mounts.map(({ source, target, readOnly }) => ({
        Type: isPath(source) ? 'bind' : 'volume',
        Source: source,
        Target: target,
        ReadOnly: readOnly,
      })),
      Init: true,
      LogConfig: {
        Type: CONTAINER_POLICY.logDriver,
        // Podman's own log driver takes the size alone.
        Config:
          facts.kind === 'podman'
            ? { 'max-size': CONTAINER_POLICY.logOptions['max-size'] }
            : { ...CONTAINER_POLICY.logOptions },
      },
      RestartPolicy: { Name: 'no' },
      // How it ended is read from it first.
      AutoRemove: false,
    },
  };
}

/** Of a rootless engine root is this very user, and every other user is one that may read none of this user's files. */
function userOf({ user }: ContainerSpec, { rootless }: EngineFacts): string | null {
  return user !== null && rootless ? '0:0' : user;
}

function hardening(spec: ContainerSpec, facts: EngineFacts) {
  return {
    CapDrop: ['ALL'],
    SecurityOpt: [
      'no-new-privileges',
      // SELinux lets a container read only what carries its label, and relabelling the owner's models is not for us.
      ...(facts.selinux ? ['label=disable'] : []),
    ],
    ReadonlyRootfs: spec.readOnlyRoot,
    ...(spec.readOnlyRoot ? { Tmpfs: { '/tmp': CONTAINER_POLICY.tmpOptions } } : {}),
  };
}

function resources(spec: ContainerSpec, { liftsLimits }: EngineFacts) {
  return {
    PidsLimit: spec.pidsLimit,
    // Without the second a container may swap as much again.
    ...(spec.memoryBytes === null ? {} : { Memory: spec.memoryBytes, MemorySwap: spec.memoryBytes }),
    IpcMode: spec.ipc,
    ...(spec.ipc === 'host' ? {} : { ShmSize: spec.sharedMemoryBytes }),
    ...(liftsLimits
      ? { Ulimits: CONTAINER_POLICY.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })) }
      : {}),
  };
}

function gpuOptions(gpus: GpuRequest, facts: EngineFacts): GpuOptions {
  if (gpus.kind === 'none') return {};
  if (facts.gpu.method === 'cdi') {
    const names = (gpus.kind === 'all' ? ['all'] : gpus.ids).map((id) => `nvidia.com/gpu=${id}`);
    return facts.kind === 'podman' && compareVersions(facts.version, PODMAN_WITH_CDI_REQUESTS) < 0
      ? { Devices: names.map((PathOnHost) => ({ PathOnHost })) }
      : { DeviceRequests: [{ Driver: 'cdi', DeviceIDs: names }] };
  }
  // Docker refuses a count beside ids.
  const which = gpus.kind === 'all' ? { Count: -1 } : { DeviceIDs: [...gpus.ids] };
  return { DeviceRequests: [{ Driver: '', ...which, Capabilities: [['gpu']] }] };
}

/** A named volume is no path. */
function isPath(source: string): boolean {
  return source.startsWith('/') || /^[A-Za-z]:[\\/]/.test(source) || source.startsWith('\\\\');
}
