/** How a process ended. Exactly one of the three says something. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it could not be started at all. */
  readonly spawnError: string | null;
}

export interface EngineProcessRequest {
  /** Marks the process in its own environment, so that it is found again even if nobody wrote down its id. */
  readonly launchId: string;
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

/** A running engine, in a process group of its own. */
export interface EngineProcess {
  /** Null when it could not be started. */
  readonly pid: number | null;
  /** When the kernel started it, in the kernel's own words; null where the platform does not say. */
  readonly started: string | null;
  /** Resolves after its last line. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Memory it really occupies, mapped files included, in bytes; null where the platform does not say. */
  residentBytes(): number | null;
  /** Asks the whole group to end, and ends it by force after `graceMs`. */
  stop(graceMs: number): Promise<ProcessEnd>;
}

/** What was written down of a process that an earlier run of the program started. */
export interface ProcessTrace {
  readonly launchId: string;
  readonly pid: number | null;
  readonly started: string | null;
  readonly executable: string;
}

export interface EngineProcesses {
  spawn(request: EngineProcessRequest): EngineProcess;
  /**
   * Ends what is left of earlier launches: a process counts only when its id, start time and program all fit, or when it
   * carries the launch's mark. Answers with the process ids ended.
   */
  endStrays(traces: readonly ProcessTrace[], signal: AbortSignal): Promise<number[]>;
}
