import type { DiagnosisInput, EngineDiagnosis } from './driver.ts';

export type Fix = EngineDiagnosis['fixes'][number];

/** One way to fail, told by a line. */
export interface FailureRule {
  readonly code: string;
  readonly pattern: RegExp;
  readonly summary: string | ((match: RegExpExecArray, input: DiagnosisInput) => string);
  readonly fixes: (input: DiagnosisInput, match: RegExpExecArray) => Fix[];
  /** It explains what a person sees of an engine that lives, and is never why one ended. */
  readonly isHarmless?: boolean;
}

/** Advice without a patch. */
export const advice =
  (...titles: string[]) =>
  (): Fix[] =>
    titles.map((title) => ({ title, patch: null }));
