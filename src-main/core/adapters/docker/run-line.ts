import { shellLine } from '../../../domain/exchange/shell-line.ts';
import type { ContainerSpec } from '../../ports/containers.ts';
import { createOptions, type CreateOptions, type HostOptions } from './create-options.ts';
import type { EngineFacts } from './judge-engine.ts';

type Flags<Options> = { readonly [Key in keyof Required<Options>]: (value: Required<Options>[Key]) => string[] };

/** The `docker run` flags of each option we create containers with; an option without its row does not compile. */
const HOST_FLAGS: Flags<HostOptions> = {
  PortBindings: (bindings) =>
    Object.entries(bindings).flatMap(([port, hosts]) =>
      hosts.flatMap(({ HostIp, HostPort }) => ['-p', `${HostIp}:${HostPort}:${port.replace('/tcp', '')}`]),
    ),
  Mounts: (mounts) =>
    mounts.flatMap((mount) => [
      '--mount',
      [
        `type=${mount.Type}`,
        csv(`source=${mount.Source}`),
        csv(`target=${mount.Target}`),
        ...(mount.ReadOnly ? ['readonly'] : []),
      ].join(','),
    ]),
  DeviceRequests: (requests) =>
    requests.flatMap(({ Driver, Count, DeviceIDs }) => {
      if (Driver === 'cdi') return (DeviceIDs ?? []).flatMap((id) => ['--device', id]);
      // Docker reads this flag as a line of CSV, where a list needs quotes of its own.
      return ['--gpus', Count === -1 ? 'all' : `"device=${(DeviceIDs ?? []).join(',')}"`];
    }),
  Devices: (devices) => devices.flatMap(({ PathOnHost }) => ['--device', PathOnHost]),
  CapDrop: (names) => names.flatMap((name) => ['--cap-drop', name]),
  SecurityOpt: (options) => options.flatMap((option) => ['--security-opt', option]),
  PidsLimit: (limit) => ['--pids-limit', String(limit)],
  Memory: (bytes) => ['--memory', String(bytes)],
  MemorySwap: (bytes) => ['--memory-swap', String(bytes)],
  IpcMode: (mode) => ['--ipc', mode],
  ShmSize: (bytes) => ['--shm-size', String(bytes)],
  Ulimits: (limits) =>
    limits.flatMap(({ Name, Soft, Hard }) => [
      '--ulimit',
      Soft === Hard ? `${Name}=${Soft}` : `${Name}=${Soft}:${Hard}`,
    ]),
  ReadonlyRootfs: (isReadOnly) => (isReadOnly ? ['--read-only'] : []),
  Tmpfs: (mounts) => Object.entries(mounts).flatMap(([path, options]) => ['--tmpfs', `${path}:${options}`]),
  Init: (init) => (init ? ['--init'] : []),
  LogConfig: ({ Type, Config }) => [
    '--log-driver',
    Type,
    ...Object.entries(Config).flatMap(([name, value]) => ['--log-opt', `${name}=${value}`]),
  ],
  RestartPolicy: ({ Name }) => ['--restart', Name],
  // Docker's own default.
  AutoRemove: () => [],
};

/** A value in a line of CSV, which `--mount` is. */
function csv(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function flagsOf<Options extends object>(options: Options, table: Flags<Options>): string[] {
  return (Object.keys(table) as (keyof Options)[]).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : table[name](value);
  });
}

/**
 * The whole `docker run` line of a container, from the very options it is created with. Values of the environment named
 * in `secretEnv` become `***`.
 */
export function renderDockerRun(spec: ContainerSpec, facts: EngineFacts, secretEnv: readonly string[]): string {
  const argv = dockerRunArgv(createOptions(spec, facts), new Set(secretEnv));
  return shellLine([facts.kind === 'podman' ? 'podman' : 'docker', ...argv]);
}

function dockerRunArgv(options: CreateOptions, secretEnv: ReadonlySet<string>): string[] {
  // On the command line an entrypoint is one word; the rest of it goes before the arguments.
  const [program, ...before] = options.Entrypoint ?? [];
  const table: Flags<CreateOptions> = {
    name: (name) => ['--name', name],
    User: (user) => ['--user', user],
    Labels: (labels) => Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    Env: (env) => env.flatMap((entry) => ['--env', masked(entry, secretEnv)]),
    // Every exposed port is published, which exposes it.
    ExposedPorts: () => [],
    Healthcheck: () => ['--no-healthcheck'],
    HostConfig: (host) => flagsOf(host, HOST_FLAGS),
    Entrypoint: () => (program === undefined ? [] : ['--entrypoint', program]),
    Image: (image) => [image],
    Cmd: (args) => [...before, ...args],
  };
  return ['run', '-d', ...flagsOf(options, table)];
}

function masked(entry: string, secretEnv: ReadonlySet<string>): string {
  const name = entry.slice(0, entry.indexOf('='));
  return secretEnv.has(name) ? `${name}=***` : entry;
}
