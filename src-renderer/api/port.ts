/** Says that a port was replaced while a call waited on it; such a call may be tried again. */
export class PortLost extends Error {
  constructor() {
    super('The connection to the program was renewed.');
    this.name = 'PortLost';
  }
}

export interface LivePort {
  readonly port: MessagePort;
  /** Aborts with `PortLost` once another port has taken this one's place. */
  readonly lost: AbortSignal;
}

/**
 * The message port that the preload hands over, and each later one. A call on a dead port would wait for ever, so every
 * port comes with a signal that ends what hangs on it.
 */
export class PortSource {
  #current: Promise<LivePort>;
  #settle: (port: LivePort) => void;
  #controller = new AbortController();
  #held: MessagePort | null = null;

  constructor() {
    const first = Promise.withResolvers<LivePort>();
    this.#current = first.promise;
    this.#settle = first.resolve;
  }

  /** The port in use; waits for the first one. */
  get current(): Promise<LivePort> {
    return this.#current;
  }

  accept(port: MessagePort): void {
    const controller = new AbortController();
    const live = { port, lost: controller.signal };
    port.addEventListener('close', () => controller.abort(new PortLost()));
    if (this.#held === null) {
      this.#settle(live);
    } else {
      this.#controller.abort(new PortLost());
      this.#held.close();
      this.#current = Promise.resolve(live);
    }
    this.#held = port;
    this.#controller = controller;
    port.start();
  }
}

/** Takes the ports that this very page's preload posts, and no other message. */
export function listenForPorts(source: PortSource): void {
  window.addEventListener('message', (event) => {
    const port = event.ports[0];
    if (event.source === window && event.data === 'cortex:port' && port !== undefined) source.accept(port);
  });
}
