import { parentPort, workerData } from 'node:worker_threads';
import { openStore } from '../../store/open.ts';
import { UsageTable } from '../../store/usage.ts';
import type { WriteAnswer, WriteOrder } from './worker-usage-writer.ts';

/** The thread that writes usage rows, with a connection of its own. */
const db = openStore((workerData as { databasePath: string }).databasePath);
const table = new UsageTable(db);

parentPort?.on('message', ({ id, values }: WriteOrder) => {
  const answer: WriteAnswer = { id, error: null };
  try {
    table.insertValues(values);
    parentPort?.postMessage(answer);
  } catch (error) {
    parentPort?.postMessage({ ...answer, error: error instanceof Error ? error.message : String(error) });
  }
});
