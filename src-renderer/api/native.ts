import { client } from './client.ts';
import { desktopHost } from './host.ts';

/** Asks for a folder in the desktop's own dialog. Null in a browser; the promise gives null when it was closed. */
export function pickFolder(): Promise<string | null> | null {
  if (desktopHost() === null) return null;
  return client.shell.pickFolder({}).then((answer) => answer.path);
}
