import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DockerStatus } from '../../src-main/contract/docker.ts';
import { AppError } from '../../src-main/contract/errors.ts';
import type {
  ContainerFollow,
  Containers,
  ContainerSpec,
  FoundContainer,
} from '../../src-main/core/ports/containers.ts';
import type { EngineImageSource } from '../../src-main/core/ports/engine-images.ts';
import type { LocalImage } from '../../src-main/core/ports/images.ts';
import type { EngineInstance, InstanceEnd } from '../../src-main/core/ports/runtimes.ts';
import { LABELS } from '../../src-main/core/ports/containers.ts';

export const DOCKER_READY: DockerStatus = {
  problem: 'ok',
  detail: 'Docker runs.',
  cure: null,
  kind: 'docker',
  host: 'unix:///fake.sock',
  found_by: 'test double',
  version: '29.0.0',
  api_version: '1.52',
  rootless: false,
  gpu: { status: 'none', method: null, detail: 'No NVIDIA GPU.', cure: null },
  checked_at: 0,
};

export const DOCKER_ABSENT: DockerStatus = {
  ...DOCKER_READY,
  problem: 'not_installed',
  detail: 'Docker is not installed.',
  cure: 'Install it.',
  kind: null,
  host: null,
  version: null,
  api_version: null,
};

/** What a scripted container does; it listens when it is told to. */
export interface ScriptedContainer {
  readonly spec: ContainerSpec;
  log(line: string): void;
  listen(): void;
  end(how: Partial<InstanceEnd>): void;
}

type Script = (container: ScriptedContainer, nth: number) => void;

interface Alive {
  readonly found: FoundContainer;
  readonly server: Server;
  readonly ended: Promise<InstanceEnd>;
  readonly end: (how: Partial<InstanceEnd>) => void;
  follow: Pick<ContainerFollow, 'onLine'>;
  isReady: boolean;
}

/** A test double of a Docker Engine: containers are servers in this process, and outlive whoever started them. */
export class FakeDocker implements Containers {
  status_: DockerStatus;
  readonly specs: ContainerSpec[] = [];
  readonly removed: string[] = [];
  readonly #alive = new Map<string, Alive>();
  readonly #listeners = new Set<(status: DockerStatus) => void>();
  readonly #script: Script;

  constructor(status: DockerStatus, script: Script = (container) => container.listen()) {
    this.status_ = status;
    this.#script = script;
  }

  async status(): Promise<DockerStatus> {
    return this.status_;
  }

  /** Docker comes up, or goes away. */
  become(status: DockerStatus): void {
    this.status_ = status;
    for (const listener of this.#listeners) listener(status);
  }

  onStatus(listener: (status: DockerStatus) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  runLine(spec: ContainerSpec): string {
    return `docker run ${spec.image} ${spec.args.join(' ')}`;
  }

  async run(follow: ContainerFollow, signal: AbortSignal): Promise<EngineInstance> {
    signal.throwIfAborted();
    if (this.status_.problem !== 'ok') throw new AppError('docker_unavailable', this.status_);
    const { spec } = follow;
    this.specs.push(spec);
    const servedName = spec.args[spec.args.indexOf('--alias') + 1] ?? '';
    const key = spec.env['LLAMA_API_KEY'] ?? '';
    const server = createServer((request, response) => {
      const open = alive.isReady && (request.url === '/health' || request.headers.authorization === `Bearer ${key}`);
      response.writeHead(open ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify(open ? { status: 'ok', data: [{ id: servedName }] } : {}));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { promise: ended, resolve } = Promise.withResolvers<InstanceEnd>();
    const id = `fake-${this.specs.length}`;
    const end = (how: Partial<InstanceEnd>) => {
      server.closeAllConnections();
      server.close();
      this.#alive.delete(id);
      resolve({
        exitCode: null,
        signal: null,
        spawnError: null,
        outOfMemory: false,
        removed: false,
        runtimeLost: false,
        ...how,
      });
    };
    const alive: Alive = {
      found: {
        id,
        name: spec.name,
        image: spec.image,
        state: 'running',
        labels: spec.labels,
        createdAtMs: Date.now(),
        startedAtMs: Date.now(),
        port: (server.address() as AddressInfo).port,
        env: spec.env,
      },
      server,
      ended,
      end,
      follow,
      isReady: false,
    };
    this.#alive.set(id, alive);
    const log = (line: string) => alive.follow.onLine(line);
    this.#script({ spec, log, listen: () => (alive.isReady = true), end }, this.specs.length);
    return this.#instanceOf(alive);
  }

  #instanceOf({ found, ended, end }: Alive): EngineInstance {
    return {
      pid: null,
      started: null,
      container: { id: found.id, name: found.name },
      port: found.port ?? 0,
      ended,
      residentBytes: () => null,
      stop: async () => {
        if (this.status_.problem !== 'ok') throw new AppError('docker_unavailable', this.status_);
        end({ exitCode: 143 });
        return ended;
      },
    };
  }

  async adopt(found: FoundContainer, follow: Omit<ContainerFollow, 'spec'>): Promise<EngineInstance> {
    const alive = this.#alive.get(found.id);
    if (!alive) throw new Error('no such container');
    alive.follow = follow;
    return this.#instanceOf(alive);
  }

  async list(ownerId: string): Promise<FoundContainer[]> {
    return [...this.#alive.values()].map(({ found }) => found).filter(({ labels }) => labels[LABELS.owner] === ownerId);
  }

  async remove(id: string): Promise<void> {
    this.removed.push(id);
    this.#alive.get(id)?.end({ removed: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const alive of this.#alive.values()) alive.end({});
  }
}

/** A test double: every image is here. */
export const PRESENT_IMAGE: LocalImage = {
  id: `sha256:${'1'.repeat(64)}`,
  tags: ['ghcr.io/ggml-org/llama.cpp:server-cuda'],
  repoDigests: [`ghcr.io/ggml-org/llama.cpp@sha256:${'2'.repeat(64)}`],
  sizeBytes: 1,
  createdAtMs: 0,
  labels: {},
  entrypoint: ['/app/llama-server'],
  architecture: 'amd64',
};

export function fakeImages(image: LocalImage | null = PRESENT_IMAGE): EngineImageSource {
  return {
    find: async () => image,
    fetch: async (reference) => {
      if (image === null) throw new AppError('image_not_found', { reference, reason: 'test double' });
      return image;
    },
    flagsOf: async () => null,
  };
}
