import { parentPort } from 'node:worker_threads';
import type { InspectionTask } from './file-inspection.ts';
import { inspectFile } from './read-file.ts';

/** The thread in which files of unknown origin are parsed: if one of them breaks the parser, it breaks this thread alone. */
const port = parentPort;
port?.on('message', (task: InspectionTask) => port.postMessage(inspectFile(task.path)));
