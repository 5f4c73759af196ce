import { create } from 'zustand';

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `since` in epoch seconds: what is shown was true then. */
  | { readonly kind: 'lost'; readonly since: number };

interface Connection {
  readonly state: ConnectionState;
  readonly loggedOut: boolean;
}

/** Whether the program answers, as its live feeds tell. */
export const useConnection = create<Connection>(() => ({
  state: { kind: 'connecting' },
  loggedOut: false,
}));

export function reportLive(): void {
  if (useConnection.getState().state.kind !== 'live') useConnection.setState({ state: { kind: 'live' } });
}

/** Keeps the time of the first loss, however many tries fail after it. */
export function reportLost(now: number): void {
  if (useConnection.getState().state.kind !== 'lost') {
    useConnection.setState({ state: { kind: 'lost', since: now } });
  }
}

export function reportLoggedOut(): void {
  useConnection.setState({ loggedOut: true });
}
