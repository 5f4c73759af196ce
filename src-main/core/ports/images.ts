/** An image that is on this machine. */
export interface LocalImage {
  /** "sha256:..." of its configuration. */
  readonly id: string;
  readonly tags: readonly string[];
  /** "name@sha256:..." as the registry knows it; empty for one that was built or imported here. */
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly architecture: string;
}

export interface PullProgress {
  /** "Downloading", "Extracting". */
  readonly step: string;
  /** Bytes downloaded, and bytes of all layers that were announced so far. */
  readonly bytes: number;
  readonly totalBytes: number;
  /** False while layers wait that have not told their size: the total still grows. */
  readonly isTotalKnown: boolean;
  readonly layers: { readonly done: number; readonly total: number };
}

export interface Images {
  /** All images of this machine. Throws AppError `docker_unavailable`. */
  list(signal: AbortSignal): Promise<LocalImage[]>;
  /** By reference, digest or id; null when it is not here. Throws AppError `docker_unavailable`. */
  inspect(reference: string, signal: AbortSignal): Promise<LocalImage | null>;
  /**
   * Throws AppError `image_not_found`, `image_pull_failed` (for an error inside the stream too) and `docker_unavailable`,
   * and with the signal's reason.
   */
  pull(reference: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<LocalImage>;
  /** Throws AppError `image_in_use` and `not_found`. */
  remove(reference: string, signal: AbortSignal): Promise<void>;
  /**
   * Runs one short command in a container of the image: no GPU, no network, no mounts, all capabilities dropped. Both
   * streams together; null when it could not be run or ended with an error.
   */
  ask(image: string, argv: readonly [string, ...string[]], signal: AbortSignal): Promise<string | null>;
}
