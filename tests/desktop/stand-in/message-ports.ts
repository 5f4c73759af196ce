import { EventEmitter } from 'node:events';
import type { MessageChannelMain as RealChannel, MessagePortMain as RealPort } from 'electron';

/** The far side of a port that was handed to a page. */
export interface PageSide {
  readonly send: (data: string) => void;
  readonly close: () => void;
}

/** Double of `MessagePortMain`: holds messages until it is started, closes with its other end. */
export class MessagePortDouble extends EventEmitter implements Pick<RealPort, 'postMessage' | 'start' | 'close'> {
  closed = false;
  #peer: MessagePortDouble | null = null;
  #page: PageSide | null = null;
  #started = false;
  readonly #waiting: unknown[] = [];

  static entangle(one: MessagePortDouble, other: MessagePortDouble): void {
    one.#peer = other;
    other.#peer = one;
  }

  postMessage(message: unknown): void {
    const peer = this.#peer;
    if (!this.closed && peer !== null) queueMicrotask(() => peer.#accept(message));
  }

  start(): void {
    this.#started = true;
    for (const message of this.#waiting.splice(0)) this.emit('message', { data: message, ports: [] });
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#page?.close();
    this.emit('close');
    this.#peer?.close();
  }

  /** From now on the other end speaks with a page. */
  moveTo(page: PageSide): void {
    this.#page = page;
    for (const message of this.#waiting.splice(0)) this.#accept(message);
  }

  #accept(message: unknown): void {
    if (this.closed) return;
    if (this.#page !== null) {
      if (typeof message !== 'string') throw new Error('The double carries strings only over a port.');
      this.#page.send(message);
    } else if (this.#started) this.emit('message', { data: message, ports: [] });
    else this.#waiting.push(message);
  }
}

/** Double of `MessageChannelMain`. */
export class MessageChannelMain implements Record<keyof RealChannel, MessagePortDouble> {
  /** The double's own: every channel there was, for tests that count ports. */
  static readonly all: MessageChannelMain[] = [];
  readonly port1 = new MessagePortDouble();
  readonly port2 = new MessagePortDouble();

  constructor() {
    MessagePortDouble.entangle(this.port1, this.port2);
    MessageChannelMain.all.push(this);
  }
}
