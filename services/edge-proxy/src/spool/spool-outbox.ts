/**
 * A chain on its way to the audit worker: pushed → written → sent → acknowledged → thrown away. Nothing is sent before it is
 * written, so a process that starts again never uses a number twice. Where the disk takes nothing, records go out of memory
 * and are counted: a wiped queue would lose them.
 */
import type { Clock, Log } from '@elida/kernel';
import type { AuditQueue } from '../ports.ts';
import type { Chain } from './chain.ts';
import { bytesOf, takeBatch } from './memory-outbox.ts';
import { HELD_BYTES_MAX } from './outbox.ts';
import type { Entry } from './record-format.ts';
import { Resend } from './resend.ts';
import { type Backlog, Sender } from './sender.ts';

export interface SpoolOutboxOptions {
  readonly chain: Chain;
  readonly audit: AuditQueue;
  readonly clock: Clock;
  readonly log: Log;
  /** Records that may wait in memory. */
  readonly max: number;
  /** Records were sent that are not on disk. */
  readonly atRisk: (count: number) => void;
}

/** Records in one write. */
const WRITE_MAX = 2_000;
/** Written ones that are kept in memory, so that they need not be read again. */
const RECENT_MAX = 5_000;
const RECENT_BYTES_MAX = 8 * 1024 * 1024;
const TRY_DISK_AGAIN_MS = 1_000;
const LOOK_MS = 1_000;
const LAST_WRITE_MS = 5_000;

export class SpoolOutbox implements Backlog {
  readonly firstSeq: number;
  readonly #options: SpoolOutboxOptions;
  readonly #chain: Chain;
  readonly #sender: Sender;
  readonly #resend: Resend;
  #unwritten: Entry[] = [];
  #unwrittenBytes = 0;
  /** All that are written and not sent, or empty where the disk is read. */
  #recent: Entry[] = [];
  #recentBytes = 0;
  #behind: boolean;
  #inHand: Entry[] = [];
  /** Up to here the queue has taken all. */
  #sentThrough: number;
  #writing: Promise<void> | null = null;
  #scheduled = false;
  /** Monotonic ms; null: the disk takes what comes. */
  #refusedAt: number | null = null;
  #beyond = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** All behind this are to be sent again; null: none. */
  #rewindTo: number | null = null;
  #trying = false;
  #looking: Promise<void> | null = null;

  constructor(options: SpoolOutboxOptions) {
    this.#options = options;
    this.#chain = options.chain;
    this.#sender = new Sender(this, options.audit, options.log);
    this.firstSeq = this.#chain.lastSeq + 1;
    this.#sentThrough = this.#chain.keptBehind;
    this.#resend = new Resend(this.#sentThrough);
    this.#behind = this.#chain.lastSeq > this.#sentThrough;
  }

  get producer(): string {
    return this.#chain.producer;
  }

  get held(): number {
    return this.#unwritten.length;
  }

  get takes(): boolean {
    return this.#unwritten.length < this.#options.max && this.#unwrittenBytes < HELD_BYTES_MAX;
  }

  get room(): number {
    return this.#refusedAt === null && this.takes ? this.#options.max - this.#unwritten.length : 0;
  }

  get bytes(): number {
    return this.#chain.bytes;
  }

  /** All that it ever held is stored by the worker. */
  get isDone(): boolean {
    return this.#unwritten.length === 0 && this.#resend.acknowledged >= this.#chain.lastSeq;
  }

  push(entry: Entry): void {
    this.#unwritten.push(entry);
    this.#unwrittenBytes += entry.leaf.length;
    if (this.#scheduled || this.#writing !== null || this.#refusedAt !== null) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#write();
    });
  }

  async flush(): Promise<void> {
    const { clock, log } = this.#options;
    if (this.#refusedAt === null) {
      await this.#write();
      await this.#chain.sync().catch((error: unknown) => this.#refused(error));
    } else if (clock.monotonic() - this.#refusedAt >= TRY_DISK_AGAIN_MS) await this.#tryDiskAgain();
    await this.#look().catch((error: unknown) => log.debug('audit_watermark_unknown', { error }));
    await this.#sender.flush();
  }

  async close(): Promise<void> {
    const { log } = this.#options;
    const until = performance.now() + LAST_WRITE_MS;
    await this.#write();
    await this.#sender.last();
    while (this.#unwritten.length > 0 && this.#refusedAt !== null && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await this.#tryDiskAgain();
      await this.#sender.last();
    }
    await this.#looking;
    if (this.#unwritten.length > 0) log.error('audit_events_lost', { events: this.#unwritten.length });
    await this.#chain
      .close(!this.#beyond && this.#unwritten.length === 0)
      .catch((error: unknown) => log.warn('spool_not_closed', { error }));
  }

  async take(max: number, bytesMax: number): Promise<Entry[]> {
    if (this.#inHand.length === 0) this.#inHand = await this.#next(max, bytesMax);
    return this.#inHand;
  }

  sent(entries: readonly Entry[]): void {
    this.#inHand = [];
    this.#sentThrough = Math.max(this.#sentThrough, entries.at(-1)?.seq ?? 0);
  }

  /** They stay in hand. */
  returned(): void {}

  async #next(max: number, bytesMax: number): Promise<Entry[]> {
    if (this.#rewindTo !== null) {
      this.#sentThrough = this.#rewindTo;
      this.#rewindTo = null;
      this.#forget();
    }
    while (this.#behind) {
      const { lastSeq } = this.#chain;
      const read = await this.#chain.read(this.#sentThrough, max, bytesMax);
      if (read.length > 0) return read;
      // More may have been written meanwhile.
      if (lastSeq !== this.#chain.lastSeq) continue;
      this.#behind = false;
      // Where something lay between, it could not be read, and was reported.
      this.#sentThrough = Math.max(this.#sentThrough, lastSeq);
    }
    if (this.#recent.length > 0) {
      const taken = takeBatch(this.#recent, max, bytesMax);
      this.#recentBytes -= bytesOf(taken);
      return taken;
    }
    return this.#takeUnwritten(max, bytesMax);
  }

  async #takeUnwritten(max: number, bytesMax: number): Promise<Entry[]> {
    const areFree = (): boolean => this.#refusedAt !== null && this.#writing === null && this.#unwritten.length > 0;
    if (!areFree()) return [];
    if (!this.#beyond) {
      await this.#chain.goBeyond();
      this.#beyond = true;
    }
    if (!areFree()) return [];
    const taken = takeBatch(this.#unwritten, max, bytesMax);
    this.#unwrittenBytes -= bytesOf(taken);
    this.#options.atRisk(taken.length);
    return taken;
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#unwritten.length > 0) {
      const batch = this.#unwritten.slice(0, WRITE_MAX);
      const bytes = bytesOf(batch);
      try {
        await this.#chain.append(batch);
      } catch (error) {
        this.#refused(error);
        return;
      }
      this.#unwritten.splice(0, batch.length);
      this.#unwrittenBytes -= bytes;
      this.#accepted();
      if (this.#behind) continue;
      this.#remember(batch, bytes);
    }
  }

  /** What is too much to remember is read again. */
  #remember(batch: readonly Entry[], bytes: number): void {
    const isMuch = this.#recent.length + batch.length > RECENT_MAX || this.#recentBytes + bytes > RECENT_BYTES_MAX;
    if (isMuch) this.#forget();
    else {
      this.#recent.push(...batch);
      this.#recentBytes += bytes;
    }
  }

  #forget(): void {
    this.#recent = [];
    this.#recentBytes = 0;
    this.#behind = true;
  }

  async #tryDiskAgain(): Promise<void> {
    if (this.#trying) return;
    this.#trying = true;
    try {
      await this.#chain.probe();
      this.#accepted();
    } catch (error) {
      this.#refused(error);
    } finally {
      this.#trying = false;
    }
    if (this.#refusedAt === null) await this.#write();
  }

  #refused(error: unknown): void {
    const { clock, log } = this.#options;
    if (this.#refusedAt === null) log.error('spool_refuses', { error, bytes: this.#chain.bytes });
    this.#refusedAt = clock.monotonic();
  }

  #accepted(): void {
    if (this.#refusedAt === null) return;
    this.#refusedAt = null;
    this.#options.log.info('spool_takes_again', { bytes: this.#chain.bytes });
  }

  /** How far the worker has stored; what it has may go, what it lost is sent again. */
  #look(): Promise<void> {
    const { clock } = this.#options;
    const now = clock.monotonic();
    const isKnown = this.#resend.acknowledged >= this.#sentThrough && !this.#behind;
    if (this.#looking !== null || isKnown || now - this.#lookedAt < LOOK_MS) return this.#looking ?? Promise.resolve();
    this.#lookedAt = now;
    this.#looking = this.#lookNow(now).finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #lookNow(now: number): Promise<void> {
    const { audit, log } = this.#options;
    const sentThrough = this.#sentThrough;
    const [through, waiting] = await Promise.all([audit.through(this.producer), audit.waiting()]);
    const again = this.#resend.look({ now, through, waiting, sentThrough });
    const { acknowledged } = this.#resend;
    // Of a run before this one: it need not be sent again.
    this.#sentThrough = Math.max(this.#sentThrough, acknowledged);
    if (again && this.#sender.taken) {
      log.warn('audit_sent_again', { producer: this.producer, behind: acknowledged, through: sentThrough });
      this.#rewindTo = acknowledged;
    }
    await this.#chain.trim(acknowledged);
  }
}
