import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A process of the benchmark that says `listening PORT [TOKEN]` once it serves. */
export class BenchProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly port: number;
  readonly token: string;

  private constructor(child: ChildProcess, port: number, token: string) {
    this.child = child;
    this.port = port;
    this.token = token;
  }

  static async start(name: string, args: readonly string[] = []): Promise<BenchProcess> {
    const program = fileURLToPath(new URL(`./processes/${name}.ts`, import.meta.url));
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      const [word, port, token = ''] = line.split(' ');
      if (word === 'listening') return new BenchProcess(child, Number(port), token);
    }
    throw new Error(`${name} ended before it listened`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return;
    const ended = new Promise((resolve) => {
      this.child.once('exit', resolve);
    });
    this.child.kill('SIGTERM');
    await ended;
  }
}
