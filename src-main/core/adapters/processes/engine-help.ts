import { stat } from 'node:fs/promises';
import type { EngineDriver } from '../../../domain/engine/driver.ts';
import type { ResolvedBuild } from '../../ports/engine-builds.ts';
import { runCommand } from './command.ts';
import { engineEnvironment } from './environment.ts';

/** What engines say of their own flags, asked once for each binary. */
export class EngineHelp {
  readonly #known = new Map<string, string | null>();

  /** Null where the engine gives no help in time; its flags are then checked by the engine itself when it starts. */
  async helpOf(
    build: ResolvedBuild,
    { args, timeoutMs }: EngineDriver['help'],
    signal: AbortSignal,
  ): Promise<string | null> {
    // A program that is gone is the start's own failure to tell.
    const facts = await stat(build.executable).catch(() => null);
    if (facts === null) return null;
    const key = `${build.executable}:${facts.mtimeMs}:${facts.size}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const env = engineEnvironment('help', build.env);
    const outcome = await runCommand([build.executable, ...args], { timeoutMs, env }, signal);
    const help = outcome.kind === 'exited' && outcome.code === 0 ? outcome.stdout : null;
    this.#known.set(key, help);
    return help;
  }
}
