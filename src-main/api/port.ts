import { RPCHandler } from '@orpc/server/message-port';
import { randomUUID } from 'node:crypto';
import type { ApiHost, CallContext } from './context.ts';
import { withWireErrors } from './errors.ts';
import { createRouter } from './router.ts';

/** The part of Electron's MessagePortMain that the transport uses. */
export type ApiPort = Parameters<RPCHandler<CallContext>['upgrade']>[0];

/** Serves the contract on message ports. Whoever holds a port is the owner: the shell hands one out to its own window only. */
export function createPortServer(host: ApiHost): (port: ApiPort) => void {
  const handler = new RPCHandler<CallContext>(createRouter(host), {
    clientInterceptors: [({ next, context }) => withWireErrors(next, context.requestId, host.logBug)],
  });
  return (port) => {
    handler.upgrade(port, {
      context: { actor: { kind: 'owner', via: 'window' }, transport: 'window', requestId: randomUUID() },
    });
  };
}
