import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the stub received, whole. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Reply = (res: ServerResponse, received: Received) => void | Promise<void>;

/** A test double of an inference engine: answers what the test says, remembers what it got. */
export class EngineStub implements AsyncDisposable {
  readonly received: Received[] = [];
  /** Requests whose caller closed the connection before the answer ended. */
  aborted = 0;
  reply: Reply = (res) => {
    res
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}');
  };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      res.once('close', () => {
        if (!res.writableFinished) this.aborted += 1;
      });
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const received = { path: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks).toString('utf8') };
        this.received.push(received);
        void this.reply(res, received);
      });
    });
  }

  static async start(): Promise<EngineStub> {
    const stub = new EngineStub();
    await new Promise<void>((resolve) => {
      stub.#server.listen(0, '127.0.0.1', resolve);
    });
    return stub;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }
}
