/** A container as it would be started, in the words every way of writing it down shares. */
export interface LaunchDescription {
  readonly name: string;
  readonly image: string;
  /** Null keeps the image's own. */
  readonly entrypoint: readonly string[] | null;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Names in `env` whose values stay here: a placeholder stands for each. */
  readonly secretEnv: readonly string[];
  readonly gpus:
    | { readonly kind: 'none' }
    | { readonly kind: 'all' }
    | { readonly kind: 'some'; readonly ids: readonly string[] };
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly readOnly: boolean }[];
  /** The port inside. */
  readonly port: number;
  /** "uid:gid"; null keeps the image's own. */
  readonly user: string | null;
  readonly readOnlyRoot: boolean;
  readonly ipc: 'private' | 'host';
  readonly sharedMemoryBytes: number;
  /** Null for no limit. */
  readonly memoryBytes: number | null;
  readonly pidsLimit: number;
  /** When it is started again, as Docker says it: "no", "on-failure:5", "unless-stopped". */
  readonly restart: string;
}

/** A document to be written as YAML, and what a person should know before using it. */
export interface Rendered {
  readonly documents: readonly object[];
  readonly warnings: readonly string[];
}

/** A source that is a folder of the machine; any other is the name of a place where the engine keeps what it makes. */
export function isFolder(source: string): boolean {
  return /^(?:[/.~]|[A-Za-z]:[\\/])/.test(source);
}
