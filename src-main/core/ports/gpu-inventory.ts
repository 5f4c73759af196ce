/** One NVIDIA GPU of this machine. */
export interface Gpu {
  readonly index: number;
  /** "GPU-…": stays the same where the index changes with a reboot. */
  readonly uuid: string;
  readonly name: string;
}

export interface GpuInventory {
  /** Empty where there is none, or where nobody can tell. */
  list(signal: AbortSignal): Promise<readonly Gpu[]>;
}
