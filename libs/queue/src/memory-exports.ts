/** The export queue inside one process: what it held is offered again by whoever started it. */
import { type Log, silentLog } from '@elida/kernel';
import { EXPORTS_AT_ONCE, type ExportQueue, exportBackOffMs } from './export-queue.ts';

export interface MemoryExportsOptions {
  readonly log?: Log;
  /** Wait before attempt n + 1, ms. */
  readonly backOff?: (attempt: number) => number;
}

type Handler = (id: string) => Promise<void>;

export function createMemoryExports({
  log = silentLog,
  backOff = exportBackOffMs,
}: MemoryExportsOptions = {}): ExportQueue {
  const sinks = new Map<string, MemorySink>();
  const at = (sink: string): MemorySink => {
    const known = sinks.get(sink);
    if (known) return known;
    const made = new MemorySink(log, backOff);
    sinks.set(sink, made);
    return made;
  };
  return {
    async add(sink, ids) {
      at(sink).add(ids);
    },
    depth: (sink) => Promise.resolve(at(sink).depth),
    work: (sink, handler) => at(sink).work(handler),
    async close() {
      await Promise.all([...sinks.values()].map((sink) => sink.close()));
    },
  };
}

class MemorySink {
  readonly #log: Log;
  readonly #backOff: (attempt: number) => number;
  /** Attempts so far, of every job that is not done. */
  readonly #attempts = new Map<string, number>();
  readonly #due: string[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #handler: Handler | null = null;
  #open = true;

  constructor(log: Log, backOff: (attempt: number) => number) {
    this.#log = log;
    this.#backOff = backOff;
  }

  get depth(): number {
    return this.#attempts.size;
  }

  add(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#attempts.has(id)) continue;
      this.#attempts.set(id, 0);
      this.#due.push(id);
    }
    this.#kick();
  }

  work(handler: Handler): void {
    this.#handler = handler;
    this.#kick();
  }

  async close(): Promise<void> {
    this.#open = false;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  #kick(): void {
    while (this.#open && this.#handler && this.#running.size < EXPORTS_AT_ONCE) {
      const id = this.#due.shift();
      if (id === undefined) return;
      const run = this.#run(this.#handler, id).finally(() => {
        this.#running.delete(run);
        this.#kick();
      });
      this.#running.add(run);
    }
  }

  async #run(handler: Handler, id: string): Promise<void> {
    try {
      await handler(id);
      this.#attempts.delete(id);
    } catch (error) {
      const attempt = (this.#attempts.get(id) ?? 0) + 1;
      this.#attempts.set(id, attempt);
      this.#log.debug('export_failed', { error, attempt });
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.#due.push(id);
        this.#kick();
      }, this.#backOff(attempt));
      timer.unref();
      this.#timers.add(timer);
    }
  }
}
