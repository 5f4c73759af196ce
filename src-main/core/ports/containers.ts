import type { DockerStatus } from '../../contract/docker.ts';
import type { EngineInstance } from './runtimes.ts';

/** Labels of every container of ours. */
export const LABELS = {
  /** "cortex". */
  product: 'io.cortex-desktop.product',
  /** Which data directory it belongs to: two programs on one machine must not touch each other's containers. */
  owner: 'io.cortex-desktop.owner',
  modelId: 'io.cortex-desktop.model-id',
  /** SHA-256 over all that decides what runs: an engine is adopted only when it is the one that would be started now. */
  configHash: 'io.cortex-desktop.config-hash',
  /** The launch in the database. */
  launchId: 'io.cortex-desktop.launch-id',
} as const;

export type GpuRequest =
  | { readonly kind: 'none' }
  | { readonly kind: 'all' }
  /** UUIDs, or indices where no UUID is known. */
  | { readonly kind: 'some'; readonly ids: readonly string[] };

export interface Mount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A container as it will be created: data only. `renderDockerRun` shows the same as a command line. */
export interface ContainerSpec {
  readonly name: string;
  /** An image id, or a reference pinned by digest. */
  readonly image: string;
  /** Null keeps the image's own. */
  readonly entrypoint: readonly string[] | null;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly gpus: GpuRequest;
  readonly mounts: readonly Mount[];
  /** The port inside; outside it is a free one on 127.0.0.1. */
  readonly port: number;
  /** "uid:gid"; null keeps the image's own. */
  readonly user: string | null;
  readonly readOnlyRoot: boolean;
  readonly ipc: 'private' | 'host';
  readonly sharedMemoryBytes: number;
  /** Null for no limit. */
  readonly memoryBytes: number | null;
  readonly pidsLimit: number;
}

export interface ContainerFollow {
  readonly spec: ContainerSpec;
  /** Texts that never reach a log. */
  readonly secrets: readonly string[];
  readonly logFile: string;
  /** Begins this launch in the log file. */
  readonly title: string;
  /** Every line of both output streams, without its line end, control characters and secrets. */
  readonly onLine: (line: string) => void;
}

/** A container of ours that exists, whoever started it. */
export interface FoundContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  /** The published port on this machine; null while it has none. */
  readonly port: number | null;
  /** Its environment: the engine's key is read back from there, so that nobody has to keep it. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Containers {
  /** What is known now, asked anew when older than `maxAgeMs` (a few seconds). Throws only the signal's reason. */
  status(signal: AbortSignal, maxAgeMs?: number): Promise<DockerStatus>;
  /** Calls back whenever the status became another one: the engine came up, or went away. */
  onStatus(listener: (status: DockerStatus) => void): Disposable;
  /**
   * Creates and starts a container. One that cannot be created or started ends at once with Docker's sentence in
   * `spawnError`, and nothing is left of it. Throws AppError `docker_unavailable`, and with the signal's reason.
   */
  run(follow: ContainerFollow, signal: AbortSignal): Promise<EngineInstance>;
  /** Takes up a container that runs already: its whole log from the start, then what comes. */
  adopt(found: FoundContainer, follow: Omit<ContainerFollow, 'spec'>): Promise<EngineInstance>;
  /**
   * The `docker run` line that makes the same container, with the values of `secretEnv` masked. One for elsewhere does not
   * know what could not be set here.
   */
  runLine(spec: ContainerSpec, secretEnv: readonly string[], where?: 'here' | 'elsewhere'): string;
  /** All containers with our product and owner labels. Throws AppError `docker_unavailable`. */
  list(ownerId: string, signal: AbortSignal): Promise<FoundContainer[]>;
  /** Stops and removes one by its id; one that is gone already is no error. */
  remove(id: string, graceMs: number, signal: AbortSignal): Promise<void>;
}
