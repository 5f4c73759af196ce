import type { EngineDriver, KnownFlags } from '../../domain/engine/driver.ts';
import type { LocalImage, PullProgress } from './images.ts';

/** The images that engines run from. */
export interface EngineImageSource {
  /** By reference, digest or id; null when it is not here. Throws AppError `docker_unavailable`. */
  find(reference: string, signal: AbortSignal): Promise<LocalImage | null>;
  /**
   * Downloads it as a job, or joins the job that does so already. Throws AppError `image_pull_failed`,
   * `image_not_found` or `docker_unavailable`; with the signal's reason when the caller no longer waits, while the job
   * goes on as long as somebody does.
   */
  fetch(reference: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<LocalImage>;
  /** The flags it really knows, asked once an image; null where it does not say. Never throws but for the signal. */
  flagsOf(image: LocalImage, driver: EngineDriver, signal: AbortSignal): Promise<KnownFlags | null>;
}
