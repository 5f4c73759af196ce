import type { Backend, EngineBuild } from '../../../contract/engines.ts';
import type { DockerStatus } from '../../../contract/docker.ts';
import type { GpuPresence } from '../../adapters/engine-builds/gpu-presence.ts';

/** What the first-run check found, before it is judged. Null stands for what did not answer in time. */
export interface SystemFacts {
  readonly platform: string;
  readonly compiler: ToolFacts | null;
  readonly git: ToolFacts | null;
  /** The builds installed, the default first. */
  readonly builds: readonly EngineBuild[] | null;
  readonly gpus: GpuPresence | null;
  /** Libraries that the carried GPU backends lack here; empty when they have all. */
  readonly missingLibraries: Readonly<Partial<Record<Backend, readonly string[]>>>;
  readonly docker: Pick<DockerStatus, 'problem' | 'detail' | 'cure' | 'gpu'> | null;
  readonly disks: readonly DiskFacts[];
  readonly listening: { readonly host: string; readonly port: number } | null;
}

/** `words`: the first line a tool says of itself. */
export type ToolFacts = { readonly kind: 'there'; readonly words: string } | { readonly kind: 'missing' };

export interface DiskFacts {
  readonly what: string;
  readonly path: string;
  readonly freeBytes: number | null;
}
