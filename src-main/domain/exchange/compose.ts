import { resourceName } from './kubernetes.ts';
import { isFolder, type LaunchDescription, type Rendered } from './launch-description.ts';

/** The launch as a Compose file: https://docs.docker.com/reference/compose-file/services/ */
export function composeFile(launch: LaunchDescription): Rendered {
  const volumes = launch.mounts.filter(({ source }) => !isFolder(source)).map(({ source }) => source);
  const service = {
    image: launch.image,
    ...(launch.entrypoint === null ? {} : { entrypoint: launch.entrypoint.map(literal) }),
    command: launch.args.map(literal),
    environment: environmentOf(launch),
    ports: [`127.0.0.1:${launch.port}:${launch.port}`],
    volumes: launch.mounts.map(({ source, target, readOnly }) => ({
      type: isFolder(source) ? 'bind' : 'volume',
      source: literal(source),
      target: literal(target),
      ...(readOnly ? { read_only: true } : {}),
    })),
    ...(launch.user === null ? {} : { user: launch.user }),
    ...(launch.ipc === 'host' ? { ipc: 'host' } : { shm_size: `${launch.sharedMemoryBytes}b` }),
    ...(launch.memoryBytes === null ? {} : { mem_limit: `${launch.memoryBytes}b` }),
    ...(launch.readOnlyRoot ? { read_only: true, tmpfs: ['/tmp'] } : {}),
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    pids_limit: launch.pidsLimit,
    restart: 'unless-stopped',
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    ...devicesOf(launch),
  };
  const document = {
    services: { [resourceName(launch.name)]: service },
    ...(volumes.length === 0 ? {} : { volumes: Object.fromEntries(volumes.map((name) => [name, {}])) }),
  };
  const secrets = launch.secretEnv.filter((name) => Object.hasOwn(launch.env, name));
  const warnings = secrets.map((name) => `Set ${name} in the environment or in an .env file beside this one.`);
  return { documents: [document], warnings };
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
