import type { KnownFlags } from './known-flags.ts';
import type {
  BackendName,
  EngineName,
  FieldIssue,
  FieldTable,
  FieldValue,
  FieldValues,
  MachineFacts,
  RuntimeName,
  TaskName,
} from './field-table.ts';

/** What the header of a model file says that a launch depends on. */
export interface ModelHeader {
  /** The context it was trained with, in tokens. */
  readonly trainedContext: number | null;
  /** Whether it names a way of pooling embeddings. */
  readonly namesPooling: boolean;
  /** Numbers a token adds to the KV cache, over all layers; null where the header does not say. */
  readonly kvElementsPerToken: { readonly keys: number; readonly values: number } | null;
}

/** Everything a launch is, beside the configuration. Paths are as the engine sees them: inside its container, if it has one. */
export interface Launch {
  readonly runtime: RuntimeName;
  /** The file or folder of the model; a hub id ("Qwen/Qwen3-8B") for one that the engine fetches itself. */
  readonly modelPath: string;
  readonly servedName: string;
  readonly task: TaskName;
  /** The address it listens on: 127.0.0.1 for a process, 0.0.0.0 inside a container. */
  readonly host: string;
  readonly port: number;
  /** Goes by environment, never into the arguments. */
  readonly key: string;
  readonly version: string;
  readonly machine: MachineFacts;
  /** What this very image or binary says it knows; null while that was not read: the table's version ranges serve then. */
  readonly knownFlags: KnownFlags | null;
  /** A token for the hub, by environment; null for none. */
  readonly hubToken: string | null;
  /** Null where the header could not be read; the engine then says what is wrong with the file. */
  readonly header: ModelHeader | null;
  /** The real paths of what `pathsOf` names, by its keys. */
  readonly paths: Readonly<Record<string, string>>;
}

export interface EngineCommand {
  /** Stands between a plain program and its arguments (`vllm serve`); an image has it in its entrypoint. */
  readonly subcommand: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Names in `env` whose values are secret. */
  readonly secretEnv: readonly string[];
  /** Set fields that this engine does not know: they are left out. */
  readonly unsupported: readonly FieldIssue[];
}

export type { KnownFlags };

/** One way to ask an image for its flags; the first that answers counts. */
export interface FlagProbe {
  /** Program and arguments inside the container; needs neither GPU nor model. */
  readonly argv: readonly [string, ...string[]];
}

/** A flag of an engine, for whoever writes one's own. */
export interface DescribedFlag {
  readonly flag: string;
  readonly choices: readonly string[] | null;
  /** The field that becomes this flag. */
  readonly field: string | null;
  /** Why it is refused among one's own flags; null where it is free. */
  readonly refusal: string | null;
}

/** What a driver says of running its engine in a container. */
export interface ContainerTraits {
  /** Taken where a model names no image. */
  readonly defaultImage: string;
  /** The port the engine listens on inside. */
  readonly port: number;
  /** Where models are mounted, read-only. */
  readonly modelsDir: string;
  /** Where a cache that outlives the container is mounted, and the environment that leads the engine there; null for none. */
  readonly cache: { readonly dir: string; readonly env: Readonly<Record<string, string>> } | null;
  /** Whether its image is made for any user of the group 0, as those that OpenShift runs. */
  readonly rootGroup: boolean;
  /** Whether its root file system may be read-only. */
  readonly readOnlyRoot: boolean;
  /** GiB of shared memory where the configuration says none. */
  readonly sharedMemoryGiB: number;
  readonly flagProbes: readonly FlagProbe[];
}

export type LogLevel = 'error' | 'warning' | 'info' | 'debug';

/** What a running engine says of itself in its log. */
export interface LoggedFacts {
  readonly stage: LoadStageName;
  /** Words for the phase: "Loading weights". */
  readonly phase: string;
  /** 0 to 1 by phase alone; null while unknown. */
  readonly fraction: number | null;
  readonly backend: BackendName | null;
  readonly devices: readonly string[];
  readonly gpuLayers: { readonly offloaded: number; readonly total: number } | null;
  readonly slotContext: number | null;
  readonly slots: number | null;
  /** Tokens the KV cache holds, and how many requests of full length fit in it. */
  readonly kvCacheTokens: number | null;
  readonly maxConcurrency: number | null;
  readonly weightsGiB: number | null;
  readonly listening: boolean;
}

/** The steps of a load that a log tells of. */
export type LoadStageName = 'start' | 'load' | 'compile' | 'profile' | 'capture' | 'ready';

/** How a process ended. `timedOutAfterMs` is set when it was ended because it never became ready. */
export interface EngineEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly wasReady: boolean;
  readonly timedOutAfterMs: number | null;
  /** Why it could not even be started: the operating system's code, or Docker's own sentence. */
  readonly spawnError: string | null;
  /** The kernel ended it because its memory limit, or the machine's memory, was reached. */
  readonly outOfMemory: boolean;
  /** Its container was removed behind our back. */
  readonly removed: boolean;
  /** Docker itself went away while it ran, and was not seen again with it alive. */
  readonly runtimeLost: boolean;
}

/** Why an engine failed, as data. */
export interface EngineDiagnosis {
  readonly code: string;
  readonly summary: string;
  readonly evidence: string[];
  readonly fixes: { title: string; patch: Record<string, FieldValue> | null }[];
}

export interface DiagnosisInput {
  readonly runtime: RuntimeName;
  /** How many GPUs it was given; 0 for none. */
  readonly gpus: number;
  /** Whether the engine fetches the model from the hub itself; left out, it was given files of this machine. */
  readonly isFromHub?: boolean;
  readonly end: EngineEnd;
  readonly lines: readonly string[];
  readonly fields: FieldValues;
  readonly machine: MachineFacts;
}

/** A warning before a start, and what would mend it. */
export interface LaunchAdvice {
  /** "image", "gpu", "config" ... */
  readonly category: string;
  readonly title: string;
  readonly message: string;
  /** The field it is about; null when it concerns the whole. */
  readonly field: string | null;
  readonly fix: { readonly title: string; readonly patch: Record<string, FieldValue> } | null;
}

/** An engine as data and pure functions; only a runtime does I/O. */
export interface EngineDriver {
  readonly engine: EngineName;
  /** What its program is called: "llama-server". */
  readonly programName: string;
  readonly table: FieldTable;
  readonly container: ContainerTraits;
  /** How long a stop may take before it is forced. */
  readonly stopGraceMs: number;
  /** How long a start may take where the configuration does not say. */
  readonly startTimeoutS: number;
  readonly command: (fields: FieldValues, launch: Launch) => EngineCommand;
  readonly initialFacts: LoggedFacts;
  /** The facts after one more line. */
  readonly readLine: (facts: LoggedFacts, line: string) => LoggedFacts;
  readonly levelOf: (line: string) => LogLevel;
  readonly diagnose: (input: DiagnosisInput) => EngineDiagnosis;
  /** Sentences for what a person should know of a run, from the log alone. */
  readonly noticesOf: (facts: LoggedFacts, planned: BackendName, fields: FieldValues) => string[];
  /** Asks a plain program for its flags, and how long that may take. */
  readonly help: { readonly args: readonly string[]; readonly timeoutMs: number };
  /** Reads what a flag probe, or `--help`, printed; null when it is no such text. */
  readonly readFlags: (text: string) => KnownFlags | null;
  /** Each flag that an engine knows: the field that it has, or why it may not be given as one's own. */
  readonly describeFlags: (known: KnownFlags) => readonly DescribedFlag[];
  /** What will most likely go wrong with a launch that is allowed all the same; told before it starts. */
  readonly advice: (fields: FieldValues, launch: Launch) => readonly LaunchAdvice[];
  /** What is wrong with the configuration for this very engine: its own flags it does not know, values it does not offer. */
  readonly flagIssues: (fields: FieldValues, known: KnownFlags) => readonly FieldIssue[];
}
