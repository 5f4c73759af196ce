import { Agent } from 'node:http';
import type Docker from 'dockerode';
import type { DockerOptions } from 'dockerode';
import type { DockerStatus } from '../../../contract/docker.ts';
import { AppError } from '../../../contract/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { candidateEndpoints, type DockerEndpoint } from './endpoints.ts';
import { faultOf } from './faults.ts';
import { judgeEngine, type EngineFacts, type Judged } from './judge-engine.ts';
import { readDockerMachine, type DockerMachine } from './machine-facts.ts';
import { probeEndpoints, readTls } from './probe.ts';
import { readSurroundings, thisHome, type EngineHome } from './surroundings.ts';

/** The engine that answers now. */
export interface Connection {
  readonly docker: Docker;
  readonly facts: EngineFacts;
  readonly host: string;
}

export interface DockerEngineOptions {
  readonly clock: Clock;
  /** Whose environment and home decide where to look; this program's when left out. */
  readonly home?: EngineHome;
}

/** How old an answer may be that is still taken for the present. */
const FRESH_MS = 4000;
const DOWN_FRESH_MS = 500;
const MACHINE_FRESH_MS = 20_000;

const PLAIN_DOCKER: EngineFacts = {
  kind: 'docker',
  api: '1.41',
  version: '',
  rootless: false,
  selinux: false,
  liftsLimits: true,
  gpu: { status: 'unknown', method: 'nvidia', detail: '', cure: null },
};

interface Checked {
  readonly status: DockerStatus;
  readonly engine: Judged['engine'];
  readonly atMs: number;
}

/** The container engine of this machine: found, judged, and called. dockerode is loaded at the first call. */
export class DockerEngine implements Disposable {
  readonly home: EngineHome;
  readonly #clock: Clock;
  readonly #listeners = new Set<(status: DockerStatus) => void>();
  // Streams last as long as an engine runs: each call has a connection of its own, and none is kept for later.
  readonly #agent = new Agent({ keepAlive: false });
  #checked: Checked | null = null;
  #checking: Promise<Checked> | null = null;
  #connection: Connection | null = null;
  #limitsStay = false;
  #machine: { readonly atMs: number; readonly facts: DockerMachine } | null = null;

  constructor({ clock, home }: DockerEngineOptions) {
    this.#clock = clock;
    this.home = home ?? thisHome();
  }

  /**
   * Never throws but for the signal's reason; all who ask at once share one look. With a `maxAgeMs` of 0 the machine is
   * looked over again too: a toolkit or a driver may have been installed.
   */
  async status(signal: AbortSignal, maxAgeMs = FRESH_MS): Promise<DockerStatus> {
    return (await this.#look(signal, maxAgeMs)).status;
  }

  onStatus(listener: (status: DockerStatus) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Of the engine that answered last; before the first answer those of a plain Docker. */
  get facts(): EngineFacts {
    return this.#learned(this.#checked?.engine?.facts ?? this.#connection?.facts ?? PLAIN_DOCKER);
  }

  /** No engine says beforehand whether it may lift limits: one that could not is not asked again. */
  learnThatLimitsStay(): void {
    this.#limitsStay = true;
  }

  #learned(facts: EngineFacts): EngineFacts {
    return this.#limitsStay ? { ...facts, liftsLimits: false } : facts;
  }

  /** Throws AppError `docker_unavailable`. */
  async connect(signal: AbortSignal): Promise<Connection> {
    const { status, engine } = await this.#look(signal, FRESH_MS);
    if (engine === null) throw unavailable(status);
    const known = this.#connection;
    if (known !== null && known.host === engine.endpoint.host && known.facts.api === engine.facts.api) {
      this.#connection = { ...known, facts: this.#learned(engine.facts) };
      return this.#connection;
    }
    const docker = await this.#open(engine.endpoint, engine.facts.api);
    this.#connection = { docker, facts: this.#learned(engine.facts), host: engine.endpoint.host };
    return this.#connection;
  }

  /**
   * One call, or several. An engine that is not there, or goes away meanwhile, becomes `docker_unavailable`; its refusals
   * are thrown as they are.
   */
  async call<T>(signal: AbortSignal, work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.connect(signal);
    try {
      return await unlessAborted(work(connection), signal);
    } catch (error) {
      signal.throwIfAborted();
      const fault = faultOf(error);
      if (fault.kind !== 'gone') throw error;
      throw await this.#wentAway(error, fault.reason, signal);
    }
  }

  async #wentAway(cause: unknown, reason: string, signal: AbortSignal): Promise<AppError> {
    const { status, engine } = await this.#look(signal, 1);
    if (engine === null) return unavailable(status, cause);
    return new AppError(
      'docker_unavailable',
      { problem: 'error', detail: `Docker broke off in the middle (${reason}).`, cure: 'Try again.' },
      { cause },
    );
  }

  async #look(signal: AbortSignal, maxAgeMs: number): Promise<Checked> {
    signal.throwIfAborted();
    const known = this.#checked;
    // One that was down a moment ago may be up by now.
    const freshMs = known?.engine === null ? Math.min(maxAgeMs, DOWN_FRESH_MS) : maxAgeMs;
    if (known !== null && this.#clock.now() - known.atMs < freshMs) return known;
    if (maxAgeMs === 0) this.#machine = null;
    this.#checking ??= this.#check().finally(() => {
      this.#checking = null;
    });
    return unlessAborted(this.#checking, signal);
  }

  async #check(): Promise<Checked> {
    const [surroundings, machine] = await Promise.all([readSurroundings(this.home), this.#lookAround()]);
    const endpoints = candidateEndpoints(surroundings);
    const judged = judgeEngine(await probeEndpoints(endpoints, this.home, new AbortController().signal), machine);
    const before = this.#checked?.status;
    const atMs = this.#clock.now();
    const status: DockerStatus = { ...judged.status, checked_at: atMs / 1000 };
    this.#checked = { status, engine: judged.engine, atMs };
    if (before === undefined || !isSame(before, status)) for (const listener of this.#listeners) listener(status);
    return this.#checked;
  }

  /** Programs and drivers come and go seldom; whoever waits for an engine asks every few seconds. */
  async #lookAround(): Promise<DockerMachine> {
    const now = this.#clock.now();
    if (this.#machine === null || now - this.#machine.atMs > MACHINE_FRESH_MS) {
      this.#machine = { atMs: now, facts: await readDockerMachine(this.home) };
    }
    return this.#machine.facts;
  }

  async #open(endpoint: DockerEndpoint, api: string): Promise<Docker> {
    const { default: Dockerode } = await import('dockerode');
    const { address } = endpoint;
    if (address.kind === 'elsewhere') throw new Error('an engine of another machine is never opened');
    const version = `v${api}`;
    if (address.kind === 'socket') {
      // Named as absent, or dockerode takes the host of our own DOCKER_HOST.
      return new Dockerode(this.#kept({ version, host: undefined, socketPath: address.path }));
    }
    const { host, port, tls } = address;
    return tls
      ? new Dockerode({ version, host, port, protocol: 'https', ...(await readTls(this.home)) })
      : new Dockerode(this.#kept({ version, host, port, protocol: 'http' }));
  }

  /** The types of dockerode know no `agent`; docker-modem does. */
  #kept(options: DockerOptions): DockerOptions {
    return Object.assign(options, { agent: this.#agent });
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
    this.#agent.destroy();
  }
}

/** Whoever leaves does not wait for an engine that does not answer, nor for a client that misses the signal. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: left, reject } = Promise.withResolvers<never>();
  const leave = () => reject(signal.reason as Error);
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  try {
    return await Promise.race([work, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

export function unavailable(status: DockerStatus, cause?: unknown): AppError {
  const { problem, detail, cure } = status;
  return new AppError('docker_unavailable', { problem, detail, cure }, cause === undefined ? {} : { cause });
}

function isSame(a: DockerStatus, b: DockerStatus): boolean {
  return JSON.stringify({ ...a, checked_at: 0 }) === JSON.stringify({ ...b, checked_at: 0 });
}
