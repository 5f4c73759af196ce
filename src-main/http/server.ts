import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The port is taken by another program, or may not be used. The message names the port. */
export class ListenError extends Error {
  readonly reason: 'no-such-address' | 'other';

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    super(listenProblem(host, port, cause), { cause });
    this.name = 'ListenError';
    this.reason = cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND' ? 'no-such-address' : 'other';
  }
}

function listenProblem(host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is already in use. Stop the other program, or choose another with --port (0 takes a free one).`;
  if (code === 'EACCES') return `Port ${port} may not be used by this user. Choose one above 1023 with --port.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine has no address ${host}. Choose another with --host.`;
  return `Cannot listen on ${host}, port ${port}: ${message}`;
}

/** How long an answer that is being written may go on once the program is ending. */
const GRACE_MS = 4_000;
/** Then it is told why, and has this long to take it. */
const LAST_WORDS_MS = 250;

/** The one HTTP server. Ending it lets answers finish, but not the endless ones (feeds). */
export class HttpServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #open = new Set<ServerResponse>();
  readonly #onGraceOver: () => void;
  #closing = false;

  constructor(listener: RequestListener, onGraceOver: () => void = () => undefined) {
    this.#onGraceOver = onGraceOver;
    this.#server = createServer(
      {
        // Slow-loris guards; a body of 32 MiB over a slow link still has five minutes.
        headersTimeout: 20_000,
        requestTimeout: 300_000,
        keepAliveTimeout: 75_000,
        maxHeaderSize: 32 * 1024,
        noDelay: true,
      },
      (req, res) => {
        this.#open.add(res);
        res.once('close', () => this.#open.delete(res));
        listener(req, res);
      },
    );
  }

  get closing(): boolean {
    return this.#closing;
  }

  /** The port really listened on. Throws ListenError. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error) => reject(new ListenError(host, port, error)));
      this.#server.listen({ host, port, exclusive: true }, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#closing = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const res of this.#open) if (isFeed(res)) res.destroy();
    this.#server.closeIdleConnections();
    // Kept-alive connections become idle one by one as their answers end.
    const sweep = setInterval(() => this.#server.closeIdleConnections(), 50);
    const limit = setTimeout(() => {
      this.#onGraceOver();
      setTimeout(() => this.#server.closeAllConnections(), LAST_WORDS_MS);
    }, GRACE_MS);
    await closed;
    clearInterval(sweep);
    clearTimeout(limit);
  }
}

function isFeed(res: ServerResponse): boolean {
  return /^\/admin\/.*\/watch(?:$|\?)/.test(res.req.url ?? '');
}
