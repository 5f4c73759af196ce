/** Where a container engine may listen. */
export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: boolean }
  /** Another machine: its containers cannot mount files of this one, and publish their ports over there. */
  | { readonly kind: 'elsewhere' };

export interface DockerEndpoint {
  /** As Docker writes it: "unix:///var/run/docker.sock". */
  readonly host: string;
  /** How it was found: "DOCKER_HOST", "context desktop-linux", "default socket". */
  readonly foundBy: string;
  readonly address: EngineAddress;
}

/** What decides where to look, gathered by `readSurroundings`. */
export interface Surroundings {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly userId: number | null;
  /** `currentContext` of Docker's config.json. */
  readonly currentContext: string | null;
  /** Docker's contexts: their hosts by name. */
  readonly contexts: ReadonlyMap<string, string>;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Where to look, in order. DOCKER_HOST is a word of the owner and stands alone; a context goes first, because Docker
 * Desktop leaves its own chosen when it is shut down.
 */
export function candidateEndpoints(surroundings: Surroundings): DockerEndpoint[] {
  const { env, contexts } = surroundings;
  const named = env['DOCKER_HOST'];
  if (named) return [endpointOf(named, 'DOCKER_HOST', env)];
  const context = env['DOCKER_CONTEXT'] ?? surroundings.currentContext;
  const contextHost = context ? contexts.get(context) : undefined;
  const found = [
    ...(contextHost === undefined ? [] : [endpointOf(contextHost, `context ${context}`, env)]),
    ...usualSockets(surroundings).map(([path, foundBy]): DockerEndpoint => ({
      host: path.startsWith('//') ? `npipe://${path}` : `unix://${path}`,
      foundBy,
      address: { kind: 'socket', path },
    })),
  ];
  return found.filter((endpoint, index) => found.findIndex(({ host }) => host === endpoint.host) === index);
}

function usualSockets({ platform, env, home, userId }: Surroundings): [path: string, foundBy: string][] {
  if (platform === 'win32') {
    return [
      ['//./pipe/docker_engine', 'default pipe'],
      ['//./pipe/dockerDesktopLinuxEngine', 'Docker Desktop'],
      ['//./pipe/podman-machine-default', 'Podman'],
    ];
  }
  if (platform === 'darwin') {
    return [
      ['/var/run/docker.sock', 'default socket'],
      [`${home}/.docker/run/docker.sock`, 'Docker Desktop'],
      [`${home}/.local/share/containers/podman/machine/podman.sock`, 'Podman'],
    ];
  }
  const runtimeDir = env['XDG_RUNTIME_DIR'] ?? (userId === null ? null : `/run/user/${userId}`);
  const ofUser = (socket: string, foundBy: string): [string, string][] =>
    runtimeDir === null ? [] : [[`${runtimeDir}/${socket}`, foundBy]];
  return [
    ['/var/run/docker.sock', 'default socket'],
    ...ofUser('docker.sock', 'rootless socket'),
    [`${home}/.docker/desktop/docker.sock`, 'Docker Desktop'],
    ...ofUser('podman/podman.sock', 'Podman'),
    ['/run/podman/podman.sock', 'Podman'],
  ];
}

function endpointOf(host: string, foundBy: string, env: Surroundings['env']): DockerEndpoint {
  return { host, foundBy, address: addressOf(host, env) };
}

function addressOf(host: string, env: Surroundings['env']): EngineAddress {
  const socket = /^(?:unix|npipe):\/\/(.*)$/.exec(host)?.[1];
  if (socket !== undefined) return { kind: 'socket', path: socket === '' ? '/var/run/docker.sock' : socket };
  const text = host.includes('://') ? host : `tcp://${host}`;
  if (!/^(tcp|https?):/.test(text) || !URL.canParse(text.replace(/^tcp:/, 'http:'))) return { kind: 'elsewhere' };
  const url = new URL(text.replace(/^tcp:/, 'http:'));
  if (!LOOPBACK.has(url.hostname)) return { kind: 'elsewhere' };
  const tls = url.protocol === 'https:' || (env['DOCKER_TLS_VERIFY'] ?? '') !== '' || url.port === '2376';
  return { kind: 'tcp', host: url.hostname, port: Number(url.port) || (tls ? 2376 : 2375), tls };
}
