export type LifeState = 'stopped' | 'starting' | 'loading' | 'running' | 'stopping' | 'failed';

/** What happens to a model. */
export type LifeEvent =
  /** Somebody wants it to run. */
  | 'start'
  /** It cannot even be tried: no engine, no file. Nothing was started. */
  | 'refused'
  /** Its process exists. */
  | 'spawned'
  /** It answers. */
  | 'ready'
  /** Its process is started anew: its port was lost, or it fell over and is to be restarted. */
  | 'respawn'
  /** Somebody wants it to stop. */
  | 'stop'
  /** Its process is gone. */
  | 'exited'
  /** A container of an earlier run of the program was found and taken up. */
  | 'adopted'
  /** The program begins: whatever ran before is over. */
  | 'boot';

export const LIFE_STATES: readonly LifeState[] = ['stopped', 'starting', 'loading', 'running', 'stopping', 'failed'];
export const LIFE_EVENTS: readonly LifeEvent[] = [
  'start',
  'refused',
  'spawned',
  'ready',
  'respawn',
  'stop',
  'exited',
  'adopted',
  'boot',
];

const TRANSITIONS: Readonly<Record<LifeState, Readonly<Partial<Record<LifeEvent, LifeState>>>>> = {
  stopped: { start: 'starting', adopted: 'loading' },
  failed: { start: 'starting', stop: 'stopped', adopted: 'loading' },
  starting: { refused: 'stopped', spawned: 'loading', stop: 'stopping', exited: 'failed', boot: 'stopped' },
  loading: { ready: 'running', respawn: 'starting', stop: 'stopping', exited: 'failed', boot: 'stopped' },
  running: { respawn: 'starting', stop: 'stopping', exited: 'failed', boot: 'stopped' },
  stopping: { exited: 'stopped', refused: 'stopped', boot: 'stopped' },
};

/** The state after an event; one that means nothing in a state leaves it as it is. */
export function nextState(state: LifeState, event: LifeEvent): LifeState {
  return TRANSITIONS[state][event] ?? state;
}

/** Whether a process may exist in this state. */
export function isActive(state: LifeState): boolean {
  return state === 'starting' || state === 'loading' || state === 'running' || state === 'stopping';
}
