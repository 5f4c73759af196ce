import type { EngineDiagnosis } from '../driver.ts';

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
  SIGTERM: {
    code: 'terminated',
    summary: (during) => `Another program asked the engine to end ${during}.`,
    memory: false,
    fixes: [{ title: 'Start it again', patch: null }],
  },
  SIGILL: {
    code: 'illegal_instruction',
    summary: () => 'This processor lacks an instruction that the engine was compiled for.',
    memory: false,
    fixes: [{ title: 'Take another engine build in Settings', patch: null }],
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
      { title: 'Try again with another engine build; if it stays, report it to llama.cpp with this log', patch: null },
    ],
  };
}
