import type { Backend } from '../../contract/engines.ts';

/** An engine build made ready to be launched on this machine now. */
export interface ResolvedBuild {
  readonly id: string;
  readonly version: string;
  readonly executable: string;
  /** What the executable needs in its environment to find its libraries, and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  /** What a model started now runs on. */
  readonly backend: Backend;
  /** Sentences for a GPU that is present and cannot be used: the missing library and its cure. */
  readonly notices: readonly string[];
}

export interface EngineBuildSource {
  /** The build with this id, or the default one for null. Throws AppError `no_engine_build` or `not_found`. */
  resolve(id: string | null): Promise<ResolvedBuild>;
  /**
   * Looks at a build anew, whatever was found a moment ago. Answers with what is wrong with it, and null where nothing is
   * or there is no such build any more. Rejects only with the signal's reason.
   */
  recheck(id: string, signal: AbortSignal): Promise<string | null>;
}
