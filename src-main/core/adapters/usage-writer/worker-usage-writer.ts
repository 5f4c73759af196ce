import { Worker } from 'node:worker_threads';
import type { UsageWriter } from '../../ports/usage-writer.ts';
import { usageValues, type UsageRecord, type UsageValue } from '../../store/usage.ts';

export interface WriteOrder {
  readonly id: number;
  readonly values: readonly UsageValue[];
}

export interface WriteAnswer {
  readonly id: number;
  readonly error: string | null;
}

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Writes from a thread of its own: a checkpoint of the write-ahead log waits for the disk, tens of milliseconds on a busy
 * one, and every stream would stand still that long. The thread starts with the first row, and anew after it failed.
 */
export class WorkerUsageWriter implements UsageWriter {
  readonly #databasePath: string;
  readonly #workerUrl: URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #lastId = 0;

  constructor(databasePath: string, workerUrl: URL) {
    this.#databasePath = databasePath;
    this.#workerUrl = workerUrl;
  }

  write(records: readonly UsageRecord[]): Promise<void> {
    this.#worker ??= this.#start();
    this.#lastId += 1;
    const order: WriteOrder = { id: this.#lastId, values: usageValues(records) };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#pending.set(order.id, { resolve, reject });
    this.#worker.postMessage(order);
    return promise;
  }

  #start(): Worker {
    const worker = new Worker(this.#workerUrl, { workerData: { databasePath: this.#databasePath }, env: {} });
    worker.unref();
    worker.on('message', ({ id, error }: WriteAnswer) => {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === null) pending?.resolve();
      else pending?.reject(new Error(error));
    });
    worker.on('error', (error) => this.#lost(worker, error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#lost(worker, new Error(`the usage writer ended with ${code}`)));
    return worker;
  }

  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}
