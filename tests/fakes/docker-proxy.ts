import { createServer, request } from 'node:http';

/** Stands between a program and a real Docker Engine, and breaks the connections whose path matches. */
export interface DockerProxy extends AsyncDisposable {
  readonly host: string;
  /** How many connections it broke. */
  readonly broken: () => number;
}

export async function startDockerProxy(engine: string, socket: string, breaks: RegExp): Promise<DockerProxy> {
  const target = engine.replace(/^unix:\/\//, '');
  let broken = 0;
  const server = createServer((incoming, outgoing) => {
    if (breaks.test(incoming.url ?? '')) {
      broken += 1;
      incoming.socket.destroy();
      return;
    }
    const { method, url: path, headers } = incoming;
    const onward = request({ socketPath: target, method, path, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
    });
    onward.once('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => {
    server.listen(socket, resolve);
  });
  return {
    host: `unix://${socket}`,
    broken: () => broken,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
