import type {
  BackendName,
  FieldIssue,
  FieldTable,
  FieldValue,
  FieldValues,
  MachineFacts,
  TaskName,
} from './field-table.ts';

/** What the header of a model file says that a launch depends on. */
export interface ModelHeader {
  /** The context it was trained with, in tokens. */
  readonly trainedContext: number | null;
  /** Whether it names a way of pooling embeddings. */
  readonly namesPooling: boolean;
}

/** Everything a launch is, beside the configuration. */
export interface Launch {
  readonly modelPath: string;
  readonly servedName: string;
  readonly task: TaskName;
  readonly port: number;
  /** Goes by environment, never into the arguments. */
  readonly key: string;
  readonly version: string;
  readonly machine: MachineFacts;
  /** Null where the header could not be read; the engine then says what is wrong with the file. */
  readonly header: ModelHeader | null;
  /** The real paths of the path fields, by field name. */
  readonly paths: Readonly<Record<string, string>>;
}

export interface EngineCommand {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Set fields that this engine version does not know. */
  readonly unsupported: readonly FieldIssue[];
}

export type LogLevel = 'error' | 'warning' | 'info' | 'debug';

/** What a running engine says of itself in its log. */
export interface LoggedFacts {
  readonly phase: string;
  /** 0 to 1 by phase alone; null while unknown. */
  readonly fraction: number | null;
  readonly backend: BackendName | null;
  readonly devices: readonly string[];
  readonly gpuLayers: { readonly offloaded: number; readonly total: number } | null;
  readonly slotContext: number | null;
  readonly slots: number | null;
  readonly listening: boolean;
}

/** How a process ended. `timedOutAfterMs` is set when it was ended because it never became ready. */
export interface EngineEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly wasReady: boolean;
  readonly timedOutAfterMs: number | null;
  /** Why it could not even be started. */
  readonly spawnError: string | null;
}

/** Why an engine failed, as data. */
export interface EngineDiagnosis {
  readonly code: string;
  readonly summary: string;
  readonly evidence: string[];
  readonly fixes: { title: string; patch: Record<string, FieldValue> | null }[];
}

export interface DiagnosisInput {
  readonly end: EngineEnd;
  readonly lines: readonly string[];
  readonly fields: FieldValues;
  readonly machine: MachineFacts;
}

/** An engine as data and pure functions; only a runtime does I/O. */
export interface EngineDriver {
  readonly table: FieldTable;
  readonly command: (fields: FieldValues, launch: Launch) => EngineCommand;
  readonly initialFacts: LoggedFacts;
  /** The facts after one more line. */
  readonly readLine: (facts: LoggedFacts, line: string) => LoggedFacts;
  readonly levelOf: (line: string) => LogLevel;
  readonly diagnose: (input: DiagnosisInput) => EngineDiagnosis;
  /** Sentences for what a person should know of a run, from the log alone. */
  readonly noticesOf: (facts: LoggedFacts, planned: BackendName, fields: FieldValues) => string[];
  /** The owner's own flags that the text of `--help` does not name. */
  readonly unknownFlags: (fields: FieldValues, help: string) => string[];
}
