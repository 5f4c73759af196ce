import type { EngineInstance } from './runtimes.ts';

export interface EngineProcessRequest {
  /** Marks the process in its own environment, so that it is found again even if nobody wrote down its id. */
  readonly launchId: string;
  /** Where it is told to listen, in `args` as well. */
  readonly port: number;
  readonly executable: string;
  readonly args: readonly string[];
  /** Beside a minimal path and home, this is the whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Texts that never reach a log. */
  readonly secrets: readonly string[];
  readonly logFile: string;
  /** Begins this launch in the log file. */
  readonly title: string;
  /** Every line of both output streams, without its line end, control characters and secrets. */
  readonly onLine: (line: string) => void;
}

/** What was written down of a process that an earlier run of the program started. */
export interface ProcessTrace {
  readonly launchId: string;
  readonly pid: number | null;
  readonly started: string | null;
  readonly executable: string;
}

export interface EngineProcesses {
  /** In a process group of its own. */
  spawn(request: EngineProcessRequest): EngineInstance;
  /**
   * Ends what is left of earlier launches: a process counts only when its id, start time and program all fit, or when it
   * carries the launch's mark. Answers with the process ids ended.
   */
  endStrays(traces: readonly ProcessTrace[], signal: AbortSignal): Promise<number[]>;
}
