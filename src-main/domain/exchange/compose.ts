import { CONTAINER_POLICY } from './container-policy.ts';
import { resourceName } from './kubernetes.ts';
import { isFolder, type LaunchDescription, type Rendered } from './launch-description.ts';

/** Here the program finds out itself; a file cannot. */
const LIMITS = 'Take "ulimits" out where Docker answers "error setting rlimit": a rootless one may not lift them.';

/** The launch as a Compose file: https://docs.docker.com/reference/compose-file/services/ */
export function composeFile(launch: LaunchDescription): Rendered {
  const service = {
    image: launch.image,
    ...(launch.entrypoint === null ? {} : { entrypoint: launch.entrypoint.map(literal) }),
    command: launch.args.map(literal),
    environment: environmentOf(launch),
    ports: [`127.0.0.1:${launch.port}:${launch.port}`],
    volumes: launch.mounts.map(({ source, target, readOnly }) => ({
      type: 'bind',
      source: literal(folderOf(source)),
      target: literal(target),
      ...(readOnly ? { read_only: true } : {}),
      // A folder that Docker makes belongs to root, and the engine is not root: one that is missing must be told.
      bind: { create_host_path: false },
    })),
    ...(launch.user === null ? {} : { user: launch.user }),
    ...(launch.ipc === 'host' ? { ipc: 'host' } : { shm_size: `${launch.sharedMemoryBytes}b` }),
    ...(launch.memoryBytes === null ? {} : limitOf(launch.memoryBytes)),
    ...(launch.readOnlyRoot ? { read_only: true, tmpfs: [`/tmp:${CONTAINER_POLICY.tmpOptions}`] } : {}),
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    pids_limit: launch.pidsLimit,
    ulimits: Object.fromEntries(CONTAINER_POLICY.ulimits.map(({ name, soft, hard }) => [name, { soft, hard }])),
    init: true,
    // The images' own checks ask a fixed port.
    healthcheck: { disable: true },
    restart: launch.restart,
    logging: { driver: CONTAINER_POLICY.logDriver, options: { ...CONTAINER_POLICY.logOptions } },
    ...devicesOf(launch),
  };
  const document = { services: { [resourceName(launch.name)]: service } };
  const secrets = launch.secretEnv.filter((name) => Object.hasOwn(launch.env, name));
  const warnings = secrets.map((name) => `Set ${name} in the environment or in an .env file beside this one.`);
  return { documents: [document], warnings: [...folderWarnings(launch), ...warnings, LIMITS] };
}

/**
 * A named volume would be root's where the image lacks the path, and the engine could not write there: a folder can be
 * given to its user.
 */
function folderOf(source: string): string {
  return isFolder(source) ? source : `./${source}`;
}

function folderWarnings({ mounts, user }: LaunchDescription): string[] {
  const folders = mounts.filter(({ source }) => !isFolder(source)).map(({ source }) => source);
  return folders.map((folder) =>
    user === null
      ? `Make the folder beside this file first: mkdir -p ${folder}`
      : `Make the folder beside this file first, for the user the engine runs as: mkdir -p ${folder} && sudo chown ${user} ${folder}`,
  );
}

/** Without the second a container may swap as much again. */
function limitOf(bytes: number): object {
  return { mem_limit: `${bytes}b`, memswap_limit: `${bytes}b` };
}

/** Compose replaces `$NAME`: a dollar that is meant is written twice. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$');
}

function environmentOf({ env, secretEnv }: LaunchDescription): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, secretEnv.includes(name) ? `\${${name}:?}` : literal(value)]),
  );
}

function devicesOf({ gpus }: LaunchDescription): object {
  if (gpus.kind === 'none') return {};
  const which = gpus.kind === 'all' ? { count: 'all' } : { device_ids: [...gpus.ids] };
  const devices = [{ driver: 'nvidia', ...which, capabilities: ['gpu'] }];
  return { deploy: { resources: { reservations: { devices } } } };
}
