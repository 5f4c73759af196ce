import type Docker from 'dockerode';
import type { DockerStatus } from '../../../contract/docker.ts';
import {
  LABELS,
  type ContainerFollow,
  type Containers,
  type ContainerSpec,
  type FoundContainer,
} from '../../ports/containers.ts';
import type { EngineInstance, InstanceEnd } from '../../ports/runtimes.ts';
import { RotatingFile } from '../processes/rotating-file.ts';
import { ContainerInstance, type RunningContainer } from './container-instance.ts';
import { removeContainer } from './container-removal.ts';
import { createOptions } from './create-options.ts';
import type { Connection, DockerEngine } from './docker-engine.ts';
import { EngineWatch } from './engine-watch.ts';
import { faultOf, isRefused } from './faults.ts';
import { portOf, readFound } from './found-containers.ts';
import { renderDockerRun } from './run-line.ts';

/** What became of an attempt: the container, or why there is none. */
type Attempt =
  | { readonly kind: 'started'; readonly id: string }
  | { readonly kind: 'refused'; readonly sentence: string };

const UNDO_MS = 30_000;

/** Engines in containers, on whatever engine answers. */
export class DockerContainers implements Containers, AsyncDisposable {
  readonly #engine: DockerEngine;
  readonly #watch: EngineWatch;
  readonly #instances = new Set<ContainerInstance>();
  readonly #undoing = new Set<Promise<void>>();

  constructor(engine: DockerEngine) {
    this.#engine = engine;
    this.#watch = new EngineWatch(engine);
  }

  async status(signal: AbortSignal, maxAgeMs?: number): Promise<DockerStatus> {
    return this.#engine.status(signal, maxAgeMs);
  }

  onStatus(listener: (status: DockerStatus) => void): Disposable {
    const stack = new DisposableStack();
    stack.use(this.#engine.onStatus(listener));
    stack.use(this.#watch.hold());
    return stack;
  }

  async run(follow: ContainerFollow, signal: AbortSignal): Promise<EngineInstance> {
    await this.#engine.connect(signal);
    const attempt = await this.#abandonable(this.#createAndStart(follow.spec), signal);
    if (attempt.kind === 'refused') return neverStarted(follow, attempt.sentence);
    const container = await this.#read(attempt.id, follow.spec);
    if (signal.aborted) {
      this.#undo(Promise.resolve(attempt));
      signal.throwIfAborted();
    }
    return this.#follow(container, follow);
  }

  async adopt(found: FoundContainer, follow: Omit<ContainerFollow, 'spec'>): Promise<EngineInstance> {
    const pid = await this.#engine
      .call(new AbortController().signal, async ({ docker }) => docker.getContainer(found.id).inspect())
      .then(
        ({ State }) => State.Pid,
        (error: unknown) => {
          if (isRefused(error, 404)) return 0;
          throw error;
        },
      );
    return this.#follow({ id: found.id, name: found.name, port: found.port ?? 0, pid }, follow);
  }

  runLine(spec: ContainerSpec, secretEnv: readonly string[], where: 'here' | 'elsewhere' = 'here'): string {
    const { facts } = this.#engine;
    return renderDockerRun(spec, where === 'here' ? facts : { ...facts, liftsLimits: true }, secretEnv);
  }

  async list(ownerId: string, signal: AbortSignal): Promise<FoundContainer[]> {
    return this.#engine.call(signal, async ({ docker }) => {
      const rows = await docker.listContainers({
        all: true,
        filters: JSON.stringify({ label: [`${LABELS.product}=cortex`, `${LABELS.owner}=${ownerId}`] }),
        abortSignal: signal,
      });
      const found = await Promise.all(rows.map(async ({ Id }) => readFound(docker, Id, signal)));
      return found.filter((container) => container !== null);
    });
  }

  async remove(id: string, graceMs: number, signal: AbortSignal): Promise<void> {
    // An id becomes part of a path: what cannot be one is none.
    if (!/^[\w.-]+$/.test(id)) return;
    try {
      await this.#engine.call(signal, async ({ docker }) =>
        docker.getContainer(id).stop({ t: Math.ceil(graceMs / 1000), abortSignal: signal }),
      );
    } catch (error) {
      // Stopped, gone or going already; what cannot be stopped is removed by force below.
      if (faultOf(error).kind !== 'refused') throw error;
    }
    await removeContainer(this.#engine, id, signal);
  }

  #follow(container: RunningContainer, target: Omit<ContainerFollow, 'spec'>): ContainerInstance {
    const instance = new ContainerInstance(this.#engine, this.#watch, container, target);
    this.#instances.add(instance);
    void instance.ended.then(() => this.#instances.delete(instance));
    return instance;
  }

  /** A call to create cannot be taken back: whoever leaves meanwhile leaves nothing behind. */
  async #abandonable(work: Promise<Attempt>, signal: AbortSignal): Promise<Attempt> {
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([work, left]);
    } catch (error) {
      if (signal.aborted) this.#undo(work);
      throw error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #undo(work: Promise<Attempt>): void {
    const undoing = this.#takeBack(work).finally(() => this.#undoing.delete(undoing));
    this.#undoing.add(undoing);
  }

  async #takeBack(work: Promise<Attempt>): Promise<void> {
    try {
      const attempt = await work;
      if (attempt.kind === 'started') await removeContainer(this.#engine, attempt.id, AbortSignal.timeout(UNDO_MS));
    } catch {
      // Its labels tell the next start that it is ours.
    }
  }

  async #createAndStart(spec: ContainerSpec): Promise<Attempt> {
    const { signal } = new AbortController();
    const { liftsLimits } = this.#engine.facts;
    let id: string | null = null;
    try {
      const container = await this.#engine.call(signal, async (connection) => this.#create(connection, spec));
      id = container.id;
      await this.#engine.call(signal, async () => container.start());
      return { kind: 'started', id };
    } catch (error) {
      if (id !== null) await removeContainer(this.#engine, id, AbortSignal.timeout(UNDO_MS)).catch(() => undefined);
      const fault = faultOf(error);
      if (fault.kind !== 'refused') throw error;
      if (liftsLimits && /setting rlimit/.test(fault.sentence)) {
        this.#engine.learnThatLimitsStay();
        return this.#createAndStart(spec);
      }
      return { kind: 'refused', sentence: fault.sentence };
    }
  }

  async #create(connection: Connection, spec: ContainerSpec): Promise<Docker.Container> {
    // A copy: dockerode changes what it is given.
    const options = () => structuredClone(createOptions(spec, connection.facts)) as Docker.ContainerCreateOptions;
    try {
      return await connection.docker.createContainer(options());
    } catch (error) {
      if (!isRefused(error, 409) || !(await this.#removeStale(connection, spec))) throw error;
      return connection.docker.createContainer(options());
    }
  }

  /** A killed program leaves a container under the name; anybody else's stays. */
  async #removeStale({ docker }: Connection, { name, labels }: ContainerSpec): Promise<boolean> {
    const facts = await docker
      .getContainer(name)
      .inspect()
      .catch(() => null);
    // Gone between the two questions.
    if (facts === null) return true;
    const isOurs = [LABELS.product, LABELS.owner].every(
      (label) => labels[label] !== undefined && facts.Config.Labels[label] === labels[label],
    );
    if (isOurs) await removeContainer(this.#engine, facts.Id, AbortSignal.timeout(UNDO_MS));
    return isOurs;
  }

  async #read(id: string, spec: ContainerSpec): Promise<RunningContainer> {
    const facts = await this.#engine
      .call(new AbortController().signal, async ({ docker }) => docker.getContainer(id).inspect())
      .catch(() => null);
    // One that ended at once has no port any more, and nobody will ask for it.
    return { id, name: spec.name, port: (facts && portOf(facts)) ?? 0, pid: facts?.State.Pid ?? 0 };
  }

  /** Containers run on: whoever wants them to end has stopped them before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#instances].map(async (instance) => instance[Symbol.asyncDispose]()));
    await Promise.all(this.#undoing);
    await this.#watch[Symbol.asyncDispose]();
  }
}

/** An engine that never came to be, with Docker's own sentence. */
function neverStarted({ title, logFile }: ContainerFollow, sentence: string): EngineInstance {
  const end: InstanceEnd = {
    exitCode: null,
    signal: null,
    spawnError: sentence,
    outOfMemory: false,
    removed: false,
    runtimeLost: false,
  };
  const write = async (): Promise<InstanceEnd> => {
    await using file = new RotatingFile(logFile);
    file.write(title);
    file.write(sentence);
    return end;
  };
  const ended = write();
  return { pid: null, started: null, container: null, port: 0, ended, residentBytes: () => null, stop: () => ended };
}
