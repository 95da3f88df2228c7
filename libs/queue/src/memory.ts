/** The audit queue inside one process (standalone): bounded, retried, in order; lost with the process. */
import { type Log, silentLog } from '@elida/kernel';
import { type AuditConsumer, type AuditProducer, backOffMs } from './audit-queue.ts';

export interface MemoryAuditOptions {
  /** Batches. Full: `send` rejects. */
  readonly max?: number;
  readonly log?: Log;
  /** Wait before attempt n + 1, ms. */
  readonly backOff?: (attempt: number) => number;
}

export interface MemoryAudit {
  readonly queue: AuditProducer;
  readonly source: AuditConsumer;
}

type Handler = (batch: Uint8Array) => Promise<void>;

export function createMemoryAudit(options: MemoryAuditOptions = {}): MemoryAudit {
  const audit = new MemoryAuditQueue(options);
  return {
    queue: {
      send: (batch) => audit.send(batch),
      through: (producer) => Promise.resolve(audit.marks.get(producer) ?? null),
      waiting: () => Promise.resolve(audit.depth),
      close: () => Promise.resolve(),
    },
    source: {
      start: (handler) => audit.start(handler),
      async publish(marks) {
        for (const [producer, through] of marks) audit.marks.set(producer, through);
      },
      close: () => audit.close(),
      depth: () => Promise.resolve(audit.depth),
    },
  };
}

class MemoryAuditQueue {
  readonly marks = new Map<string, number>();
  readonly #waiting: Uint8Array[] = [];
  readonly #max: number;
  readonly #log: Log;
  readonly #backOff: (attempt: number) => number;
  #handler: Handler | null = null;
  #open = true;
  #running: Promise<void> | null = null;
  #wake = (): void => {};

  constructor({ max = 1_000, log = silentLog, backOff = backOffMs }: MemoryAuditOptions) {
    this.#max = max;
    this.#log = log;
    this.#backOff = backOff;
  }

  get depth(): number {
    return this.#waiting.length;
  }

  send(batch: Uint8Array): Promise<void> {
    if (!this.#open) return Promise.reject(new Error('the audit queue is closed'));
    if (this.#waiting.length >= this.#max) return Promise.reject(new Error('the audit queue is full'));
    this.#waiting.push(batch);
    this.#kick();
    return Promise.resolve();
  }

  start(handler: Handler): void {
    this.#handler = handler;
    this.#kick();
  }

  /** Nothing outlives the process: what waits is tried once more. */
  async close(): Promise<void> {
    this.#open = false;
    this.#wake();
    await this.#running;
  }

  #kick(): void {
    if (this.#handler && this.#open && this.#waiting.length > 0) this.#running ??= this.#drain(this.#handler);
  }

  async #drain(run: Handler): Promise<void> {
    for (let attempt = 1; this.#waiting[0]; ) {
      try {
        await run(this.#waiting[0]);
        this.#waiting.shift();
        attempt = 1;
      } catch (error) {
        this.#log.warn('audit_batch_failed', { error, attempt });
        if (!this.#open) {
          this.#log.error('audit_batches_lost', { batches: this.#waiting.length });
          break;
        }
        await this.#pause(this.#backOff(attempt++));
      }
    }
    this.#running = null;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
