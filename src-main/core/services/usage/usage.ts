import type { Logger } from 'pino';
import type { UsageQuery, UsageRow } from '../../../contract/usage.ts';
import type { Clock } from '../../ports/clock.ts';
import type { UsageWriter } from '../../ports/usage-writer.ts';
import type { UsageRecord, UsageTable } from '../../store/usage.ts';

const FLUSH_AFTER_MS = 200;
const FLUSH_AT_ROWS = 500;
const RETRY_AFTER_MS = 5_000;
/** Beyond this many unwritten rows (a full disk, say) the oldest go: memory is bounded, and the log says how many were lost. */
const MOST_WAITING = 100_000;

/** The ledger of requests. Recording is a push onto a list; writing happens in batches, in another thread. */
export class Usage implements AsyncDisposable {
  #waiting: UsageRecord[] = [];
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #table: UsageTable;
  readonly #writer: UsageWriter;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(table: UsageTable, writer: UsageWriter, clock: Clock, log: Logger) {
    this.#table = table;
    this.#writer = writer;
    this.#clock = clock;
    this.#log = log;
  }

  record(record: UsageRecord): void {
    this.#waiting.push(record);
    if (this.#waiting.length === FLUSH_AT_ROWS) void this.#write();
    else this.#schedule(FLUSH_AFTER_MS);
  }

  /** Resolves when what was recorded before is stored, or could not be; then it stays for the next try. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  async list(query: UsageQuery): Promise<UsageRow[]> {
    await this.flush();
    return this.#table.list(query, this.#clock.now());
  }

  #schedule(afterMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#write();
    }, afterMs);
  }

  /** One batch at a time, so that rows keep their order. */
  #write(): Promise<void> {
    if (this.#writing || this.#waiting.length === 0) return this.#writing ?? Promise.resolve();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const batch = this.#waiting;
    this.#waiting = [];
    this.#writing = this.#writer
      .write(batch)
      .catch((error: unknown) => this.#keep(batch, error))
      .finally(() => {
        this.#writing = null;
        if (this.#waiting.length > 0) this.#schedule(FLUSH_AFTER_MS);
      });
    return this.#writing;
  }

  #keep(batch: readonly UsageRecord[], error: unknown): void {
    const all = [...batch, ...this.#waiting];
    const lost = Math.max(0, all.length - MOST_WAITING);
    this.#waiting = all.slice(lost);
    this.#log.error({ err: error, waiting: this.#waiting.length, lost }, 'usage could not be written; trying again');
    this.#schedule(RETRY_AFTER_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    if (this.#timer) clearTimeout(this.#timer);
    await this.#writer[Symbol.asyncDispose]();
  }
}
