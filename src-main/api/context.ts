import type { PlaygroundEvent, PlaygroundRequest } from '../contract/playground.ts';
import type { ProgramInfo } from '../contract/system.ts';
import type { ControlCenter } from '../core/control-center.ts';
import type { Actor } from '../core/ports/actor.ts';

/** What every call carries: who asks, over what, and the id that the log and the answer share. */
export interface CallContext {
  readonly actor: Actor | null;
  readonly transport: 'http' | 'window';
  readonly requestId: string;
}

/** What the handlers need besides the control center: things that only the program around it can do. */
export interface ApiHost {
  readonly center: ControlCenter;
  readonly info: () => ProgramInfo;
  readonly playground: (
    request: PlaygroundRequest,
    actor: Actor,
    requestId: string,
    signal: AbortSignal,
  ) => AsyncGenerator<PlaygroundEvent, void, void>;
  /** A native folder dialog; null where there is no window. */
  readonly pickFolder: (() => Promise<string | null>) | null;
  readonly logBug: (error: unknown, requestId: string) => void;
}
