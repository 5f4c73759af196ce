import type { DiagnosisInput, EngineDiagnosis, LogLevel } from './driver.ts';

export type Fix = EngineDiagnosis['fixes'][number];

/** One way to fail, told by a line. */
export interface FailureRule {
  readonly code: string;
  readonly pattern: RegExp;
  readonly summary: string | ((match: RegExpExecArray, input: DiagnosisInput) => string);
  readonly fixes: (input: DiagnosisInput, match: RegExpExecArray) => Fix[];
  /** What must be so beside the line; left out, the line alone says it. */
  readonly when?: (input: DiagnosisInput) => boolean;
  /** It explains what a person sees of an engine that lives, and is never why one ended. */
  readonly isHarmless?: boolean;
}

/** What an engine knows of its own failures. */
export interface FailureKnowledge {
  /** The first rule that fits wins, so the most specific come first. */
  readonly rules: readonly FailureRule[];
  /** Lines that only tell that something failed, never what. */
  readonly generic: readonly RegExp[];
  /** Lines that tell how it goes: whatever words they hold, they are no cause. */
  readonly talk: RegExp | null;
  /** Takes off what the engine writes before the text of a line. */
  readonly textOf: (line: string) => string;
  readonly levelOf: (line: string) => LogLevel;
  /** Whether the engine says in this line that it serves. */
  readonly isReadyLine: (line: string) => boolean;
  /** What makes it need less of the computer's memory. */
  readonly lessMemory: (input: DiagnosisInput) => Fix[];
  /** What makes it start sooner. */
  readonly fasterStart: (input: DiagnosisInput) => Fix[];
}

/** Advice without a patch. */
export const advice =
  (...titles: string[]) =>
  (): Fix[] =>
    titles.map((title) => ({ title, patch: null }));
