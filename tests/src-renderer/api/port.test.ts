// @vitest-environment happy-dom
import { MessageChannel as NodeChannel } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { implement } from '@orpc/server';
import { RPCHandler } from '@orpc/server/message-port';
import { expect, test } from 'vitest';
import { contract } from '../../../src-main/contract/index.ts';
import { deadlineOf, portLink } from '../../../src-renderer/api/client.ts';
import { PortLost, PortSource } from '../../../src-renderer/api/port.ts';

/** Two ends of a channel; Node's ports have what the link uses of a browser's. */
function channel(): readonly [MessagePort, MessagePort] {
  const { port1, port2 } = new NodeChannel();
  return [port1 as unknown as MessagePort, port2 as unknown as MessagePort];
}

const { getBaseDir } = contract.library;

function serve(port: MessagePort, baseDir: string): void {
  const handler = implement(getBaseDir).handler(() => ({ base_dir: baseDir }));
  new RPCHandler({ library: { getBaseDir: handler } }).upgrade(port);
  port.start();
}

test('a call that hangs on a dead port fails once a new port comes, and the next call uses that one', async () => {
  const source = new PortSource();
  const client: ContractRouterClient<typeof contract> = createORPCClient(portLink(source));
  const [dead] = channel();
  source.accept(dead);
  const hanging = client.library.getBaseDir();
  const outcome = expect(hanging).rejects.toThrow(PortLost);
  // The call is on its way before the port is replaced.
  await new Promise((done) => setTimeout(done, 20));
  const [mine, theirs] = channel();
  serve(theirs, '/srv/models');
  source.accept(mine);
  await outcome;
  await expect(client.library.getBaseDir()).resolves.toEqual({ base_dir: '/srv/models' });
  mine.close();
});

test('calls made before the first port wait for it', async () => {
  const source = new PortSource();
  const client: ContractRouterClient<typeof contract> = createORPCClient(portLink(source));
  const early = client.library.getBaseDir();
  const [mine, theirs] = channel();
  serve(theirs, '/early');
  source.accept(mine);
  await expect(early).resolves.toEqual({ base_dir: '/early' });
  mine.close();
});

test('every call but a stream has a deadline', () => {
  expect(deadlineOf(['keys', 'list'])).toBe(60_000);
  expect(deadlineOf(['models', 'start'])).toBe(45_000);
  for (const path of [
    ['live', 'watch'],
    ['models', 'watch'],
    ['models', 'watchLogs'],
    ['jobs', 'watch'],
    ['playground', 'chat'],
  ])
    expect(deadlineOf(path)).toBeNull();
});
