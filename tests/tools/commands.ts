import { spawn, spawnSync } from 'node:child_process';

export interface Ran {
  readonly code: number;
  readonly output: string;
  readonly elapsedS: number;
}

/** Runs a program to its end and keeps what it printed. */
export function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    const finish = (code: number, extra = '') =>
      resolve({
        code,
        output: Buffer.concat(chunks).toString('utf8') + extra,
        elapsedS: (performance.now() - startedAt) / 1000,
      });
    child.once('error', (error) => finish(127, error.message));
    child.once('close', (code) => finish(code ?? 1));
  });
}

/** Runs a program on this terminal; its exit code. */
export function runHere(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  return spawnSync(command, args, { env, stdio: 'inherit' }).status ?? 1;
}

export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}
