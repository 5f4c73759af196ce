/**
 * Loaded before the shell (`node --import`): `electron` becomes the double, and the test that started this process may
 * evaluate functions in it, as Playwright does in a real Electron.
 */
import { registerHooks } from 'node:module';
import { runInThisContext } from 'node:vm';
import * as electron from './electron.ts';

const double = new URL('./electron.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: double, format: 'module-typescript', shortCircuit: true }
      : next(specifier, context),
});

/** What a test asks for: the text of a function of (electron, argument). */
export interface Evaluation {
  readonly id: number;
  readonly source: string;
  readonly argument: unknown;
}

export interface Evaluated {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

process.on('message', (message) => void evaluate(message as Evaluation));
// A test that dies takes its program along.
process.on('disconnect', () => process.exit(1));

async function evaluate({ id, source, argument }: Evaluation): Promise<void> {
  try {
    const run = runInThisContext(`(${source})`) as (module: typeof electron, argument: unknown) => unknown;
    const value = await run(electron, argument);
    process.send?.({ id, value } satisfies Evaluated);
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
