/** How an engine ended. */
export interface InstanceEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Why it could not be started at all: the system's code, or Docker's own sentence. */
  readonly spawnError: string | null;
  /** The kernel ended it for want of memory. */
  readonly outOfMemory: boolean;
  /** Its container was removed by somebody else. */
  readonly removed: boolean;
  /** The runtime itself (Docker) went away while the engine ran, and was not seen again with it alive. */
  readonly runtimeLost: boolean;
}

/** A running engine, as a process of this machine or in a container. */
export interface EngineInstance {
  /** Null when it could not be started, or where the runtime does not say. */
  readonly pid: number | null;
  /** When the kernel started it, in the kernel's own words; null where the platform does not say, and for containers. */
  readonly started: string | null;
  readonly container: { readonly id: string; readonly name: string } | null;
  /** Where it listens on this machine. */
  readonly port: number;
  /** Resolves after its last line. Never rejects. */
  readonly ended: Promise<InstanceEnd>;
  /** Memory it really occupies, mapped files included, in bytes; null where nobody says. */
  residentBytes(): number | null;
  /** Asks it to end, and ends it by force after `graceMs`. Nothing is left of it afterwards. */
  stop(graceMs: number): Promise<InstanceEnd>;
}
