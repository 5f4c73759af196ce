/** The real gateway with keys and metering into a SQLite file. Arguments: the upstream's port, a directory. */
import { join } from 'node:path';
import { startGateway } from '../../fakes/gateway.ts';

const [upstreamPort, directory] = process.argv.slice(2);
const gateway = await startGateway({ databasePath: join(directory ?? '.', 'bench.db') });
gateway.routes.set({
  servedName: 'm',
  target: { origin: `http://127.0.0.1:${upstreamPort}`, authorization: 'Bearer engine-key' },
  requestDefaults: {},
});
console.log(`listening ${gateway.port} ${gateway.token}`);
process.on('SIGTERM', () => {
  void gateway.usage.flush().then(() => process.exit(0));
});
