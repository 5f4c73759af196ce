import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { watchLiveness } from '../../../../../src-main/core/services/supervisor/liveness.ts';

it('an engine that hangs is told from one that is slow once, and from one that came back', async () => {
  let silent = false;
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    if (!silent) response.writeHead(503).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const end = new AbortController();
  const seen: (number | null)[] = [];
  const watching = watchLiveness(
    origin,
    () => 42,
    (since) => seen.push(since),
    end.signal,
    5,
    30,
  );
  await expect.poll(() => asked).toBeGreaterThan(2);
  expect(seen).toEqual([]);
  silent = true;
  await expect.poll(() => seen.length).toBe(1);
  silent = false;
  await expect.poll(() => seen.length).toBe(2);
  expect(seen).toEqual([42, null]);
  end.abort();
  await watching;
  server.closeAllConnections();
  server.close();
});
