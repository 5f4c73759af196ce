import type { Logger } from 'pino';
import type { UsageQuery, UsageRow } from '../../../contract/usage.ts';
import type { Clock } from '../../ports/clock.ts';
import type { UsageRecord, UsageTable } from '../../store/usage.ts';

const FLUSH_AFTER_MS = 200;
const FLUSH_AT_ROWS = 500;
/** Beyond this many unwritten rows (a full disk, say) the oldest go: memory is bounded, and the log says how many were lost. */
const MOST_WAITING = 100_000;

/** The ledger of requests. Recording is a push onto a list; writing happens in batches, off the request path. */
export class Usage implements Disposable {
  #waiting: UsageRecord[] = [];
  #timer: NodeJS.Timeout | null = null;
  readonly #table: UsageTable;
  readonly #clock: Clock;
  readonly #log: Logger;

  constructor(table: UsageTable, clock: Clock, log: Logger) {
    this.#table = table;
    this.#clock = clock;
    this.#log = log;
  }

  record(record: UsageRecord): void {
    this.#waiting.push(record);
    if (this.#waiting.length >= FLUSH_AT_ROWS && this.#waiting.length % FLUSH_AT_ROWS === 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_AFTER_MS);
  }

  /** Writes what is waiting. A failed write keeps the rows for the next try. */
  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    try {
      this.#table.insertAll(batch);
      this.#waiting = [];
    } catch (error) {
      const lost = Math.max(0, batch.length - MOST_WAITING);
      this.#waiting = batch.slice(lost);
      this.#log.error({ err: error, waiting: this.#waiting.length, lost }, 'usage could not be written; trying again');
      this.#timer = setTimeout(() => this.flush(), 5_000);
    }
  }

  list(query: UsageQuery): UsageRow[] {
    this.flush();
    return this.#table.list(query, this.#clock.now());
  }

  [Symbol.dispose](): void {
    this.flush();
    if (this.#timer) clearTimeout(this.#timer);
  }
}
