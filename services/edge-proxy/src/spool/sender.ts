/** Batches to the audit queue, in order, one at a time; what it does not take is offered again with back-off. */
import { encodeBatch, LIMITS } from '@elida/contracts';
import type { Log } from '@elida/kernel';
import type { AuditQueue } from '../ports.ts';
import type { Entry } from './record-format.ts';

/** What waits to be sent. */
export interface Backlog {
  readonly producer: string;
  /** The next ones, those of `returned` first. Empty: there is nothing. */
  take(max: number, bytesMax: number): Promise<Entry[]>;
  /** The queue has them. */
  sent(entries: readonly Entry[]): void;
  /** The queue did not take them. */
  returned(entries: Entry[]): void;
}

/** Of leaves; a job is JSON in the memory of Redis. */
const BATCH_BYTES_MAX = 1024 * 1024;
const RETRY_MS = { first: 250, max: 5_000 };

export class Sender {
  readonly #backlog: Backlog;
  readonly #audit: AuditQueue;
  readonly #log: Log;
  #sending: Promise<void> | null = null;
  #retryMs = 0;

  constructor(backlog: Backlog, audit: AuditQueue, log: Log) {
    this.#backlog = backlog;
    this.#audit = audit;
    this.#log = log;
  }

  /** The queue took the last batch. */
  get taken(): boolean {
    return this.#retryMs === 0;
  }

  /** Never rejects. */
  flush(): Promise<void> {
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  /** Once more, at once. */
  async last(): Promise<void> {
    await this.#sending;
    this.#retryMs = 0;
    await this.flush();
  }

  async #drain(): Promise<void> {
    if (this.#retryMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#retryMs).unref());
    for (;;) {
      let entries: Entry[] = [];
      try {
        entries = await this.#backlog.take(LIMITS.auditBatchMax.value, BATCH_BYTES_MAX);
        if (entries.length === 0) return;
        const leaves = entries.map(({ leaf }) => leaf);
        await this.#audit.send(encodeBatch(this.#backlog.producer, leaves));
      } catch (error) {
        this.#backlog.returned(entries);
        this.#retryMs = Math.min(this.#retryMs * 2 || RETRY_MS.first, RETRY_MS.max);
        this.#log.warn('audit_batch_waits', { error, events: entries.length });
        return;
      }
      this.#retryMs = 0;
      this.#backlog.sent(entries);
    }
  }
}
