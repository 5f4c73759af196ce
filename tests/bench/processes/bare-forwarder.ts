/** The yardstick: the least a Node proxy can do. No keys, no parsing, no metering. Argument: the upstream's port. */
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

const upstreamPort = Number(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: 1024 });
const server = createServer((req, res) => {
  const forwarded = request(
    {
      agent,
      host: '127.0.0.1',
      port: upstreamPort,
      path: req.url ?? '/',
      method: req.method ?? 'GET',
      headers: { ...req.headers, host: `127.0.0.1:${upstreamPort}` },
    },
    (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
    },
  );
  forwarded.on('error', () => res.destroy());
  req.pipe(forwarded);
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${(server.address() as AddressInfo).port}`));
