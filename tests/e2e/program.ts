import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = resolve(import.meta.dirname, '../..');
export const SELF_TEST_FOLDER = join(ROOT, 'resources', 'self-test-model');
export const SENTENCE = 'Hello! The whole chain works: engine, gateway and window.';
const READY_WITHIN_MS = 60_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A directory that is gone when the test ends. */
export function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'cortex-e2e-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The headless program as a user starts it, in a process of its own. */
export class RunningProgram implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly dataDir: string;
  readonly modelsDir: string;
  readonly ended: Promise<Ended>;
  url = '';
  loginPath = '';
  output = '';

  private constructor(child: ChildProcess, dataDir: string, modelsDir: string) {
    this.child = child;
    this.dataDir = dataDir;
    this.modelsDir = modelsDir;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Starts the program and waits for its ready line; rejects with what it printed when it ends before. */
  static async start(
    directory: string,
    flags: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
  ): Promise<RunningProgram> {
    const program = RunningProgram.spawn(directory, ['--port', '0', ...flags], env);
    await program.#ready();
    return program;
  }

  static spawn(
    directory: string,
    flags: readonly string[],
    env: NodeJS.ProcessEnv = {},
    command = [process.execPath, 'src-main/launch.ts', '--headless'],
  ): RunningProgram {
    const dataDir = join(directory, 'data');
    const modelsDir = join(directory, 'models');
    mkdirSync(modelsDir, { recursive: true });
    const [file = '', ...args] = command;
    const child = spawn(file, [...args, '--data-dir', dataDir, '--models-dir', modelsDir, '--no-open', ...flags], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const program = new RunningProgram(child, dataDir, modelsDir);
    child.stderr?.on('data', (chunk: Buffer) => (program.output += chunk.toString()));
    return program;
  }

  /** Resolves once the program serves. */
  async #ready(): Promise<void> {
    const stdout = this.child.stdout;
    if (!stdout) throw new Error('no output to read');
    const lines = createInterface({ input: stdout });
    const seen = new Promise<void>((resolve) => {
      lines.on('line', (line) => {
        this.output += `${line}\n`;
        this.url = /^Cortex is ready at (?<url>http:\S+)$/.exec(line)?.groups?.['url'] ?? this.url;
        const path = /^On another port .* open (?<path>\/login\?token=\S+)$/.exec(line)?.groups?.['path'];
        if (path === undefined) return;
        this.loginPath = path;
        resolve();
      });
    });
    const limit = new Promise<never>((_resolve, reject) => {
      setTimeout(
        () => reject(new Error(`not ready within ${READY_WITHIN_MS} ms:\n${this.output}`)),
        READY_WITHIN_MS,
      ).unref();
    });
    const early = this.ended.then(({ code }) => {
      throw new Error(`ended with ${code} before it was ready:\n${this.output}`);
    });
    await Promise.race([seen, early, limit]);
  }

  get adminToken(): string {
    return readFileSync(join(this.dataDir, 'admin-token'), 'utf8').trim();
  }

  /** A call of the admin API as the owner; the parsed body and the status. */
  async admin<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.adminToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Creates a model and starts it; its id. Throws with the diagnosis when it does not run. */
  async runModel(fields: Record<string, unknown>): Promise<number> {
    const created = await this.admin<{ id: number }>('POST', '/admin/models', {
      engine_type: 'llamacpp',
      runtime: 'process',
      threads: 2,
      ...fields,
    });
    if (created.status !== 200) throw new Error(JSON.stringify(created.body));
    const started = await this.admin('POST', `/admin/models/${created.body.id}/start`);
    if (started.body['status'] !== 'running') throw new Error(JSON.stringify(started.body));
    return created.body.id;
  }

  async createKey(scopes = 'chat,completions,embeddings'): Promise<string> {
    return (await this.admin<{ token: string }>('POST', '/admin/keys', { scopes })).body.token;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
