import type { GgufErrorCode } from '../../../domain/gguf/header.ts';
import type { GgufFacts } from '../../../domain/gguf/facts.ts';

export type InspectionErrorCode =
  | GgufErrorCode
  | 'path_outside_library'
  | 'unreadable'
  | 'not_a_file'
  | 'inspection_failed'
  | 'inspection_timeout';

/** What one GGUF file is, or what is wrong with it in words for its owner. */
export type FileInspection =
  | { readonly ok: true; readonly sizeBytes: number; readonly facts: GgufFacts }
  | {
      readonly ok: false;
      readonly sizeBytes: number;
      /** What could still be read of a file whose data ends early. */
      readonly facts: GgufFacts | null;
      readonly error: { readonly code: InspectionErrorCode; readonly message: string };
    };

/** What goes to the worker and comes back, one at a time. */
export interface InspectionTask {
  readonly path: string;
}
