import { isFolder, type LaunchDescription, type Rendered } from './launch-description.ts';

const SHARED_MEMORY = 'shared-memory';

/** The launch as a Deployment and a Service: https://kubernetes.io/docs/reference/kubernetes-api/ */
export function kubernetesManifests(launch: LaunchDescription): Rendered {
  const name = resourceName(launch.name);
  const secrets = launch.secretEnv.filter((key) => Object.hasOwn(launch.env, key));
  const labels = { app: name };
  const volumes = volumesOf(launch);
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: {
      replicas: 1,
      // Two at once would need twice the GPUs.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          // A Service called "vllm" would set VLLM_PORT=tcp://..., which vLLM reads as its own setting.
          enableServiceLinks: false,
          ...podSecurity(launch),
          ...(launch.ipc === 'host' ? { hostIPC: true } : {}),
          containers: [containerOf(launch, name, volumes)],
          volumes: volumes.map(({ mount: _mount, ...volume }) => volume),
        },
      },
    },
  };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels },
    spec: { selector: labels, ports: [{ name: 'http', port: launch.port, targetPort: 'http' }] },
  };
  return { documents: [deployment, service], warnings: warningsOf(launch, name, secrets) };
}

/** Volumes belong to the engine's group: it can write where it keeps its cache, also on a persistent volume. */
function podSecurity({ user }: LaunchDescription): object {
  const gid = user?.split(':')[1];
  if (gid === undefined) return {};
  return { securityContext: { fsGroup: Number(gid), fsGroupChangePolicy: 'OnRootMismatch' } };
}

interface Volume {
  readonly name: string;
  readonly mount: { readonly mountPath: string; readonly readOnly?: boolean };
  readonly [source: string]: unknown;
}

function volumesOf(launch: LaunchDescription): Volume[] {
  const volumes: Volume[] = launch.mounts.map(({ source, target, readOnly }, index) => ({
    name: `data-${index}`,
    ...(isFolder(source) ? { hostPath: { path: source } } : { emptyDir: {} }),
    mount: { mountPath: target, ...(readOnly ? { readOnly } : {}) },
  }));
  if (launch.ipc === 'private') {
    const emptyDir = { medium: 'Memory', sizeLimit: String(launch.sharedMemoryBytes) };
    volumes.push({ name: SHARED_MEMORY, emptyDir, mount: { mountPath: '/dev/shm' } });
  }
  if (launch.readOnlyRoot) volumes.push({ name: 'tmp', emptyDir: {}, mount: { mountPath: '/tmp' } });
  return volumes;
}

function containerOf(launch: LaunchDescription, name: string, volumes: readonly Volume[]): object {
  const [uid, gid] = launch.user?.split(':') ?? [];
  const health = { path: '/health', port: 'http' };
  return {
    name: 'engine',
    image: launch.image,
    ...(launch.entrypoint === null ? {} : { command: launch.entrypoint.map(literal) }),
    args: launch.args.map(literal),
    env: Object.entries(launch.env).map(([key, value]) =>
      launch.secretEnv.includes(key)
        ? { name: key, valueFrom: { secretKeyRef: { name, key } } }
        : { name: key, value: literal(value) },
    ),
    ports: [{ name: 'http', containerPort: launch.port }],
    ...limitsOf(launch),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: launch.readOnlyRoot,
      ...(uid === undefined ? {} : { runAsUser: Number(uid) }),
      ...(gid === undefined ? {} : { runAsGroup: Number(gid) }),
    },
    // A large model takes minutes to load.
    startupProbe: { httpGet: health, periodSeconds: 10, failureThreshold: 180 },
    readinessProbe: { httpGet: health, periodSeconds: 5 },
    volumeMounts: volumes.map(({ name: volume, mount }) => ({ name: volume, ...mount })),
  };
}

function limitsOf({ gpus, memoryBytes }: LaunchDescription): object {
  const limits = {
    ...(gpus.kind === 'none' ? {} : { 'nvidia.com/gpu': gpus.kind === 'all' ? 1 : gpus.ids.length }),
    ...(memoryBytes === null ? {} : { memory: String(memoryBytes) }),
  };
  return Object.keys(limits).length === 0 ? {} : { resources: { limits } };
}

/** Kubernetes replaces `$(NAME)`. */
function literal(text: string): string {
  return text.replaceAll('$(', '$$$$(');
}

/** A DNS label that begins with a letter (RFC 1035), as the name of a Service must. */
export function resourceName(name: string): string {
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '');
  const label = (/^\d/.test(words) ? `m-${words}` : words).slice(0, 63).replace(/-+$/, '');
  return label === '' ? 'model' : label;
}

function warningsOf(launch: LaunchDescription, name: string, secrets: readonly string[]): string[] {
  const literals = secrets.map((key) => `--from-literal=${key}=...`).join(' ');
  const folders = launch.mounts.filter(({ source }) => isFolder(source)).map(({ source }) => source);
  return [
    ...(secrets.length === 0 ? [] : [`Make the secret first: kubectl create secret generic ${name} ${literals}`]),
    ...(folders.length === 0 ? [] : [`The node must have ${folders.join(', ')}; otherwise use a persistent volume.`]),
    ...(folders.length === launch.mounts.length ? [] : ['The cache is empty after the pod was moved.']),
    ...(launch.gpus.kind === 'all'
      ? ['One GPU is asked for, because Kubernetes has no "all": check the number at nvidia.com/gpu.']
      : []),
    ...(launch.gpus.kind === 'some' ? ['Kubernetes chooses the GPUs itself; only their number is kept.'] : []),
    ...(launch.image.startsWith('sha256:')
      ? ['The image is only known here by its id; push it to a registry and name it there.']
      : []),
  ];
}
