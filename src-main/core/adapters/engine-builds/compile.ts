import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import { type CompileUnit, compileArguments } from './carried-recipe.ts';
import { type CommandOutcome, runCommand } from '../processes/command.ts';

const FILE_TIMEOUT_MS = 15 * 60_000;
/** What every file costs before its own bytes, in bytes of source: the headers it includes. */
const HEADERS = 25_000;

export interface CompilePlan {
  /** The whole environment of the compilers. */
  readonly env: Readonly<Record<string, string>>;
  /** llama.cpp's tree, the compilers' working directory. */
  readonly tree: string;
  /** Where our own `ui.h` lies. */
  readonly uiFolder: string;
  readonly units: readonly CompileUnit[];
  /** Called after each file with the share of the work that is done, 0 to 1. */
  readonly report: (fraction: number, done: number, total: number) => void;
}

/**
 * Compiles all units, as many at once as there are cores. The first failure and an abort end the compilers that run.
 *
 * @throws AppError `engine_build_invalid` with the compiler's own first error line.
 */
export async function compileAll(plan: CompilePlan, signal: AbortSignal): Promise<void> {
  const weighed = await Promise.all(
    plan.units.map(async (unit) => ({ unit, weight: HEADERS + (await stat(resolve(plan.tree, unit.source))).size })),
  );
  // The big ones first: a big one begun last would leave the other cores idle at the end.
  const waiting = weighed.toSorted((a, b) => b.weight - a.weight);
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let doneWeight = 0;
  let done = 0;
  plan.report(0, 0, weighed.length);
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await compileOne(plan, next.unit, either);
      doneWeight += next.weight;
      done += 1;
      plan.report(doneWeight / total, done, weighed.length);
    }
  };
  const workers = Array.from({ length: Math.min(availableParallelism(), waiting.length) }, () =>
    worker().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  const ended = await Promise.allSettled(workers);
  signal.throwIfAborted();
  const failed = ended.find((outcome) => outcome.status === 'rejected');
  if (failed) throw stop.signal.reason;
}

async function compileOne(plan: CompilePlan, unit: CompileUnit, signal: AbortSignal): Promise<void> {
  const outcome = await runCommand(
    compileArguments(unit, plan.uiFolder),
    { cwd: plan.tree, env: plan.env, timeoutMs: FILE_TIMEOUT_MS },
    signal,
  );
  expectSuccess(outcome, `Compiling ${basename(unit.source)}`);
}

/** Turns anything but exit 0 into one sentence with the command's own words. */
export function expectSuccess(outcome: CommandOutcome, what: string): void {
  switch (outcome.kind) {
    case 'exited': {
      if (outcome.code === 0) return;
      throw failure(`${what} failed: ${firstError(outcome.stderr)}`);
    }
    case 'killed':
      throw failure(`${what} was ended by ${outcome.by}; the machine may have run out of memory.`);
    case 'timed-out':
      throw failure(`${what} took too long and was ended.`);
    case 'not-found':
      throw failure(`${what} failed: ${outcome.reason}. Install the tools with \`apt install g++ git\`.`);
    default:
      outcome satisfies never;
  }
}

function failure(reason: string): AppError {
  return new AppError('engine_build_invalid', { reason });
}

function firstError(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const line = lines.find((text) => /\b(error|fatal)\b/i.test(text)) ?? lines.find((text) => text !== '');
  return (line ?? 'it gave no reason').slice(0, 400);
}
