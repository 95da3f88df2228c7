/** Without a folder: what waits is lost with the process, and what the queue took is the queue's. */
import type { Log } from '@elida/kernel';
import type { AuditQueue } from '../ports.ts';
import { HELD_BYTES_MAX, type Outbox } from './outbox.ts';
import type { Entry } from './record-format.ts';
import { type Backlog, Sender } from './sender.ts';

export interface MemoryOutboxOptions {
  readonly producer: string;
  readonly audit: AuditQueue;
  readonly log: Log;
  readonly max: number;
  /** False: there should be a disk and is none. */
  readonly promises: boolean;
}

export class MemoryOutbox implements Outbox, Backlog {
  readonly firstSeq = 1;
  readonly #options: MemoryOutboxOptions;
  readonly #sender: Sender;
  readonly #waiting: Entry[] = [];
  /** Of the batch that is being sent: they may come back. */
  #inHand = 0;
  #bytes = 0;

  constructor(options: MemoryOutboxOptions) {
    this.#options = options;
    this.#sender = new Sender(this, options.audit, options.log);
  }

  get producer(): string {
    return this.#options.producer;
  }

  get held(): number {
    return this.#waiting.length + this.#inHand;
  }

  get takes(): boolean {
    return this.held < this.#options.max && this.#bytes < HELD_BYTES_MAX;
  }

  get room(): number {
    return this.#options.promises && this.takes ? this.#options.max - this.held : 0;
  }

  readonly bytes = 0;

  takeLost(): [] {
    return [];
  }

  push(entry: Entry): void {
    this.#waiting.push(entry);
    this.#bytes += entry.leaf.length;
  }

  flush(): Promise<void> {
    return this.#sender.flush();
  }

  async close(): Promise<void> {
    await this.#sender.last();
    if (this.held > 0) this.#options.log.error('audit_events_lost', { events: this.held });
  }

  take(max: number, bytesMax: number): Promise<Entry[]> {
    const taken = takeBatch(this.#waiting, max, bytesMax);
    this.#inHand = taken.length;
    return Promise.resolve(taken);
  }

  sent(entries: readonly Entry[]): void {
    this.#inHand = 0;
    this.#bytes -= bytesOf(entries);
  }

  returned(entries: readonly Entry[]): void {
    this.#inHand = 0;
    this.#waiting.unshift(...entries);
  }
}

export const bytesOf = (entries: readonly Entry[]): number => entries.reduce((sum, { leaf }) => sum + leaf.length, 0);

/** Out of `list`: at most `max`, at most `bytesMax`, at least one. */
export function takeBatch(list: Entry[], max: number, bytesMax: number): Entry[] {
  let count = 0;
  let bytes = 0;
  while (count < Math.min(max, list.length)) {
    bytes += (list[count] as Entry).leaf.length;
    if (count > 0 && bytes > bytesMax) break;
    count++;
  }
  return list.splice(0, count);
}
