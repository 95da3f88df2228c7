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

export function createMemoryAudit({
  max = 1_000,
  log = silentLog,
  backOff = backOffMs,
}: MemoryAuditOptions = {}): MemoryAudit {
  const waiting: Uint8Array[] = [];
  let handler: ((batch: Uint8Array) => Promise<void>) | null = null;
  let open = true;
  let running: Promise<void> | null = null;
  let wake: (() => void) | null = null;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** True where the batch is done with. */
  const attempt = async (batch: Uint8Array, run: (batch: Uint8Array) => Promise<void>, n: number): Promise<boolean> => {
    try {
      await run(batch);
      return true;
    } catch (error) {
      log.warn('audit_batch_failed', { error, attempt: n });
      return false;
    }
  };

  const drain = async (run: (batch: Uint8Array) => Promise<void>): Promise<void> => {
    for (let n = 1; waiting[0]; ) {
      if (await attempt(waiting[0], run, n)) {
        waiting.shift();
        n = 1;
      } else if (open) {
        await pause(backOff(n++));
      } else {
        log.error('audit_batches_lost', { batches: waiting.length });
        break;
      }
    }
    running = null;
  };
  const kick = (): void => {
    if (handler && open && waiting.length > 0) running ??= drain(handler);
  };

  return {
    queue: {
      send(batch) {
        if (!open) return Promise.reject(new Error('the audit queue is closed'));
        if (waiting.length >= max) return Promise.reject(new Error('the audit queue is full'));
        waiting.push(batch);
        kick();
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    source: {
      start(run) {
        handler = run;
        kick();
      },
      // Nothing outlives the process: what waits is tried once more.
      async close() {
        open = false;
        wake?.();
        await running;
      },
      depth: () => Promise.resolve(waiting.length),
    },
  };
}
