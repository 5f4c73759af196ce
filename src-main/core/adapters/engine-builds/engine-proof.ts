import { dirname } from 'node:path';
import { AppError } from '../../../contract/errors.ts';
import { type CommandOutcome, commandEnvironment, runCommand, searchPath } from '../processes/command.ts';

/** What a llama-server said of itself when it was run. */
export interface EngineProof {
  /** "0.5.0", or a nightly's "b10485"; "unknown" where it names none. */
  readonly version: string;
  readonly devices: readonly EngineDevice[];
}

/** One line of `--list-devices`: `  CUDA0: NVIDIA H200 (143156 MiB, 142623 MiB free)`. */
export interface EngineDevice {
  readonly id: string;
  readonly name: string;
}

const PROOF_MS = 30_000;

/** The environment a llama-server is run in: its own folder first, then where the machine's libraries are. */
export function engineEnvironment(executable: string, extraFolders: readonly string[] = []): Record<string, string> {
  const base = commandEnvironment();
  return { ...base, LD_LIBRARY_PATH: searchPath(dirname(executable), base['LD_LIBRARY_PATH'], ...extraFolders) };
}

/**
 * Runs a llama-server's `--version` and `--list-devices`.
 *
 * @throws AppError `engine_build_invalid` where it is no llama-server or does not run on this machine.
 */
export async function proveEngine(
  executable: string,
  signal: AbortSignal,
  libraryFolders: readonly string[] = [],
): Promise<EngineProof> {
  const options = { env: engineEnvironment(executable, libraryFolders), timeoutMs: PROOF_MS };
  const version = await runCommand([executable, '--version'], options, signal);
  const parsed = version.kind === 'exited' ? parseVersion(`${version.stdout}\n${version.stderr}`) : null;
  if (parsed === null) throw refusal(executable, version);
  const devices = await runCommand([executable, '--list-devices'], options, signal);
  if (devices.kind !== 'exited' || devices.code !== 0) throw refusal(executable, devices);
  return { version: parsed, devices: parseDevices(devices.stdout) };
}

/** From `version: 0.5.0 (de3ff81)` or, before there were such numbers, `version: 6178 (cd6983d5)`. */
export function parseVersion(text: string): string | null {
  const found = /^version:\s*(\S+)/m.exec(text)?.[1];
  if (found === undefined) return null;
  return /^\d+$/.test(found) ? (found === '0' ? 'unknown' : `b${found}`) : found;
}

export function parseDevices(text: string): EngineDevice[] {
  return [...text.matchAll(/^ {2}([A-Za-z]+\d+): (.+?)(?: \(\d+ MiB, \d+ MiB free\))?$/gm)].map((line) => ({
    id: line[1] ?? '',
    name: line[2] ?? '',
  }));
}

function refusal(executable: string, outcome: CommandOutcome): AppError {
  const reason = ((): string => {
    switch (outcome.kind) {
      case 'not-found':
        return outcome.reason;
      case 'timed-out':
        return 'it gave no answer in time';
      case 'killed':
        return `it was ended by ${outcome.by}`;
      case 'exited': {
        const words = outcome.stderr.trim() || outcome.stdout.trim();
        return words === '' ? `it exited with ${outcome.code}` : (words.split('\n').at(-1) ?? words).slice(0, 300);
      }
      default:
        return outcome satisfies never;
    }
  })();
  return new AppError('engine_build_invalid', {
    reason: `${executable} did not run as a llama-server on this machine: ${reason}.`,
  });
}
