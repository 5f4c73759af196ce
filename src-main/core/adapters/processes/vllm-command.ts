import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { ResolvedBuild } from '../../ports/engine-builds.ts';
import { runCommand } from './command.ts';

/** Importing vLLM to say its version takes its time. */
const TIMEOUT_MS = 60_000;

/** A `vllm` command of the owner's own, as `pip install vllm` puts it on the path. */
export class VllmCommand {
  #known: { readonly executable: string; readonly build: ResolvedBuild } | null = null;
  readonly #path: string;

  constructor(path = process.env['PATH'] ?? '') {
    this.#path = path;
  }

  /** Whether there is one; far cheaper than asking it for its version. */
  async executable(): Promise<string | null> {
    if (process.platform === 'win32') return null;
    for (const folder of this.#path.split(delimiter).filter((part) => part !== '')) {
      const candidate = join(folder, 'vllm');
      const found = await access(candidate, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return candidate;
    }
    return null;
  }

  async find(signal: AbortSignal): Promise<ResolvedBuild | null> {
    const executable = await this.executable();
    if (executable === null) return null;
    if (this.#known?.executable === executable) return this.#known.build;
    const outcome = await runCommand([executable, '--version'], { timeoutMs: TIMEOUT_MS }, signal);
    const text = outcome.kind === 'exited' && outcome.code === 0 ? outcome.stdout : '';
    const version = /(\d+\.\d+(?:\.\d+)?\S*)/.exec(text)?.[1] ?? 'unknown';
    // Its compilers and kernels lie beside it, in its own environment of Python.
    const path = `${dirname(await realpath(executable))}${delimiter}${dirname(executable)}${delimiter}/usr/local/bin:/usr/bin:/bin`;
    const build: ResolvedBuild = {
      id: 'vllm-command',
      version,
      executable,
      env: { PATH: path },
      backend: 'cuda',
      notices: [],
    };
    this.#known = { executable, build };
    return build;
  }
}
