import type { EngineDiagnosis, EngineEnd } from './driver.ts';

/** What a signal that ended the engine means. */
export interface FailureSignal {
  readonly code: string;
  readonly summary: (during: string) => string;
  /** Whether lack of memory is the likely cause. */
  readonly memory: boolean;
  readonly fixes: EngineDiagnosis['fixes'];
}

export const FAILURE_SIGNALS: Readonly<Record<string, FailureSignal>> = {
  SIGKILL: {
    code: 'killed',
    summary: (during) =>
      `Something outside ended the engine by force ${during}; most often the operating system, because memory ran out.`,
    memory: true,
    fixes: [],
  },
  SIGILL: {
    code: 'illegal_instruction',
    summary: () => 'This processor lacks an instruction that the engine was compiled for.',
    memory: false,
    fixes: [{ title: 'Take another engine build in Settings, or another image', patch: null }],
  },
  SIGSEGV: crash('read memory that is not its own'),
  SIGABRT: crash('gave up on an inner contradiction'),
  SIGBUS: crash('lost the file that it was reading, or its memory'),
};

function crash(what: string): FailureSignal {
  return {
    code: 'crashed',
    summary: (during) => `The engine crashed ${during}: it ${what}.`,
    memory: false,
    fixes: [
      {
        title:
          'Try again with another engine build or image; if it stays, report it to the engine’s makers with this log',
        patch: null,
      },
    ],
  };
}

const NUMBERS: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};

/** The signal that ended it. A container tells it as an exit code of 128 and more. */
export function signalOf(end: EngineEnd): string | null {
  if (end.signal !== null) return end.signal;
  return end.exitCode === null || end.exitCode <= 128 ? null : (NUMBERS[end.exitCode - 128] ?? null);
}
