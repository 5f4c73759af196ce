import type { ConnectionState } from '../api/connection.ts';
import { clockTime } from '../ui/format.ts';
import type { Tone } from '../ui/state.tsx';

/** How the frame shows the connection, the same at every place: "Reconnecting since 14:02:11". */
export function connectionWords(state: ConnectionState): { readonly tone: Tone; readonly words: string } {
  switch (state.kind) {
    case 'live':
      return { tone: 'ready', words: 'Connected' };
    case 'connecting':
      return { tone: 'working', words: 'Connecting' };
    case 'lost':
      return { tone: 'warning', words: `Reconnecting since ${clockTime(state.since)}` };
  }
}
