import type { ModelHeader } from '../../domain/engine/driver.ts';

/** What a model file says of itself, read with bounds. */
export interface ModelHeaders {
  /** Null where the file cannot be read as a model: the engine then says what is wrong with it. */
  read(path: string, signal: AbortSignal): Promise<ModelHeader | null>;
}
