/** What goes from the main process's double to a document: a message with ports, or what happens on a port. */
export type PageNote =
  | { readonly kind: 'message'; readonly channel: string; readonly message: unknown; readonly portIds: number[] }
  | { readonly kind: 'port-data'; readonly portId: number; readonly data: string }
  | { readonly kind: 'port-close'; readonly portId: number };

/** The bindings a document calls, and the one object through which it is called. */
declare global {
  interface Window {
    readonly doubleSend: (channel: string, ...args: unknown[]) => Promise<void>;
    readonly doublePort: (portId: number, data: string) => Promise<void>;
    readonly doubleReceive?: (note: PageNote) => void;
  }
}

type Listener = (event: { readonly ports: readonly MessagePort[] }, message: unknown) => void;

/**
 * Runs in every new document before its scripts, as text: it may use nothing from outside itself. Only a window's main
 * frame gets the preload, as in Electron. The preload shares the page's world here, which the double cannot separate.
 */
export function pageDouble(
  processFacts: unknown,
  preload: (require: (name: string) => unknown, process: unknown) => void,
): void {
  const listeners = new Map<string, Listener[]>();
  const ports = new Map<number, MessagePort>();
  const openPort = (id: number): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', ({ data }) => {
      if (typeof data !== 'string') throw new Error('The double carries strings only over a port.');
      void window.doublePort(id, data);
    });
    port1.start();
    ports.set(id, port1);
    return port2;
  };
  const receive = (note: PageNote): void => {
    if (note.kind === 'port-data') ports.get(note.portId)?.postMessage(note.data);
    else if (note.kind === 'port-close') ports.get(note.portId)?.close();
    else {
      const event = { ports: note.portIds.map(openPort) };
      for (const listener of listeners.get(note.channel) ?? []) listener(event, note.message);
    }
  };
  Object.defineProperty(window, 'doubleReceive', { value: receive });
  // Whatever the document before this one held is gone.
  void window.doubleSend('double:new-document');
  if (window.top !== window) return;
  const ipcRenderer = {
    on: (channel: string, listener: Listener) =>
      void listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
    send: (channel: string, ...args: unknown[]) => void window.doubleSend(channel, ...args),
  };
  const contextBridge = {
    exposeInMainWorld: (name: string, api: unknown) =>
      Object.defineProperty(window, name, { value: Object.freeze(structuredClone(api)), enumerable: true }),
  };
  preload((name) => {
    if (name !== 'electron') throw new Error(`A sandboxed preload cannot require ${name}.`);
    return { ipcRenderer, contextBridge };
  }, processFacts);
}

/** The text of the script for a window with this preload. */
export function pageScript(preloadSource: string): string {
  const facts = JSON.stringify({
    platform: process.platform,
    versions: { ...process.versions, electron: '0.0.0-double', chrome: '0.0.0-double' },
  });
  return `(${pageDouble.toString()})(${facts}, (require, process) => { ${preloadSource}\n });`;
}
