/**
 * Events at the time they happen: numbered, redacted, encoded once, queued with a bound, sent in batches. A batch that the
 * queue did not take is kept and sent again; a full queue refuses new exchanges (`strict`) or counts the loss (`besteffort`).
 */
import { type AuditEvent, encodeBatch, encodeLeaf, LIMITS } from '@elida/contracts';
import { BoundedQueue, type Clock, type Log, uuidv7 } from '@elida/kernel';
import type { AuditQueue } from './ports.ts';

const FLUSH_MS = 200;
const RETRY_MS = { first: 250, max: 5_000 };
/** Live events are for eyes: more a second than this, nobody sees. */
const LIVE_PER_FLUSH_MAX = 40;

export interface EventFacts
  extends Pick<AuditEvent, 'tenant' | 'type' | 'session' | 'incarnation' | 'data'>,
    Partial<Pick<AuditEvent, 'severity'>> {
  /** What others wrote (paths, names, reasons): redacted before it is kept. `data` is our own. */
  readonly said?: Readonly<Record<string, string>>;
}

const NOTHING = {};

export interface RecorderOptions {
  /** False: nothing is recorded, as the configuration says. */
  readonly enabled: boolean;
  /** Events that may wait. */
  readonly queueMax: number;
  /** Name of this producer: edge and incarnation of the process, because numbers begin at 1. */
  readonly producer: string;
  readonly audit: AuditQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly live: (event: AuditEvent) => void;
  readonly lost: () => void;
}

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #queue: BoundedQueue<Uint8Array>;
  readonly #timer: NodeJS.Timeout;
  #seq = 0;
  #liveLeft = LIVE_PER_FLUSH_MAX;
  #sending: Promise<void> | null = null;
  #retryMs = 0;
  /** Of the batch that is being sent: they may come back. */
  #inFlight = 0;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#queue = new BoundedQueue(options.queueMax);
    this.#timer = setInterval(() => {
      this.#liveLeft = LIVE_PER_FLUSH_MAX;
      void this.flush();
    }, FLUSH_MS);
    this.#timer.unref();
  }

  get depth(): number {
    return this.#queue.length + this.#inFlight;
  }

  get full(): boolean {
    return this.depth >= this.#options.queueMax;
  }

  record({ said = NOTHING, data, ...facts }: EventFacts): void {
    const { enabled, clock, producer, redact, live, lost } = this.#options;
    if (!enabled) return;
    const kept: Record<string, unknown> = { ...data };
    for (const name in said) kept[name] = redact(said[name] as string);
    const occurredAt = clock.now();
    const event: AuditEvent = {
      eventId: uuidv7(occurredAt),
      producer,
      // Counted even where the event is lost: the gap tells.
      seq: ++this.#seq,
      occurredAt,
      severity: '',
      ...facts,
      data: kept,
    };
    if (this.full || !this.#queue.push(encodeLeaf(event))) lost();
    else if (this.#queue.length >= LIMITS.auditBatchMax.value) void this.flush();
    if (this.#liveLeft > 0) {
      this.#liveLeft--;
      live(event);
    }
  }

  /** Never rejects. */
  flush(): Promise<void> {
    if (this.#queue.length === 0) return this.#sending ?? Promise.resolve();
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  /** Sends what is left, once. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#retryMs = 0;
    await this.flush();
    await this.flush();
    if (this.#queue.length > 0) this.#options.log.error('audit_events_lost', { events: this.#queue.length });
  }

  async #drain(): Promise<void> {
    if (this.#retryMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#retryMs).unref());
    while (this.#queue.length > 0) {
      const batch = this.#queue.take(LIMITS.auditBatchMax.value);
      this.#inFlight = batch.length;
      try {
        await this.#options.audit.send(encodeBatch(this.#options.producer, batch));
        this.#retryMs = 0;
      } catch (error) {
        this.#queue.unshift(batch);
        this.#retryMs = Math.min(this.#retryMs * 2 || RETRY_MS.first, RETRY_MS.max);
        this.#options.log.warn('audit_batch_waits', { error, events: this.#queue.length });
        return;
      } finally {
        this.#inFlight = 0;
      }
    }
  }
}
