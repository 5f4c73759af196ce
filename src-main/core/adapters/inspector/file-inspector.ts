import { Worker } from 'node:worker_threads';
import type { ModelHeader } from '../../../domain/engine/driver.ts';
import type { ModelHeaders } from '../../ports/model-headers.ts';
import type { FileInspection, InspectionTask } from './file-inspection.ts';

export interface FileInspectorOptions {
  /** The worker's program; in a bundle it has another path than here. */
  readonly workerUrl?: URL;
  readonly timeoutMs?: number;
  /** What the worker's own objects may take, in MiB. */
  readonly memoryMib?: number;
}

interface Waiting {
  readonly path: string;
  readonly settle: (inspection: FileInspection) => void;
}

const TIMEOUT_MS = 15_000;
const MEMORY_MIB = 256;

/** Inspects model files in a thread of their own, one after the other. A crash or a hang becomes the file's error. */
export class FileInspector implements ModelHeaders, AsyncDisposable {
  readonly #workerUrl: URL;
  readonly #timeoutMs: number;
  readonly #memoryMib: number;
  readonly #queue: Waiting[] = [];
  #worker: Worker | null = null;
  #current: { readonly waiting: Waiting; readonly timer: NodeJS.Timeout } | null = null;

  constructor(options: FileInspectorOptions = {}) {
    this.#workerUrl = options.workerUrl ?? new URL('./inspect-worker.ts', import.meta.url);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#memoryMib = options.memoryMib ?? MEMORY_MIB;
  }

  /** What is in one file. Rejects only with the signal's reason. */
  async inspect(path: string, signal: AbortSignal): Promise<FileInspection> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<FileInspection>();
    const waiting = { path, settle: resolve };
    const onAbort = () => {
      const at = this.#queue.indexOf(waiting);
      if (at !== -1) this.#queue.splice(at, 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#queue.push(waiting);
    this.#next();
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async read(path: string, signal: AbortSignal): Promise<ModelHeader | null> {
    const { facts } = await this.inspect(path, signal);
    if (facts === null) return null;
    const { contextLength, namesPooling, kvElementsPerToken } = facts;
    return { trainedContext: contextLength, namesPooling, kvElementsPerToken };
  }

  #next(): void {
    if (this.#current !== null) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) return;
    const timer = setTimeout(() => {
      this.#end('inspection_timeout', 'Reading the file took too long; its header may have been made to do harm.');
    }, this.#timeoutMs);
    this.#current = { waiting, timer };
    this.#worker ??= this.#start();
    this.#worker.postMessage({ path: waiting.path } satisfies InspectionTask, []);
  }

  #start(): Worker {
    const worker = new Worker(this.#workerUrl, {
      name: 'file-inspector',
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMib, maxYoungGenerationSizeMb: 32 },
    });
    worker.unref();
    worker.on('message', (inspection: FileInspection) => {
      if (this.#worker === worker) this.#settle(inspection);
    });
    const onDeath = () => {
      if (this.#worker === worker) this.#end('inspection_failed', 'The file could not be read: reading it failed.');
    };
    worker.on('error', onDeath);
    worker.on('exit', onDeath);
    return worker;
  }

  #settle(inspection: FileInspection): void {
    const current = this.#current;
    if (current === null) return;
    clearTimeout(current.timer);
    this.#current = null;
    current.waiting.settle(inspection);
    this.#next();
  }

  /** Gives up the thread, which may hang or be gone, and with it the file at hand. */
  #end(code: 'inspection_timeout' | 'inspection_failed', message: string): void {
    const worker = this.#worker;
    this.#worker = null;
    void worker?.terminate();
    this.#settle({ ok: false, sizeBytes: 0, facts: null, error: { code, message } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    const gone: FileInspection = {
      ok: false,
      sizeBytes: 0,
      facts: null,
      error: { code: 'inspection_failed', message: 'The program is ending.' },
    };
    for (const waiting of this.#queue.splice(0)) waiting.settle(gone);
    this.#settle(gone);
    await worker?.terminate();
  }
}
