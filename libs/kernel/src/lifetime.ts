/** What a process started it stops, in reverse order, once. A closer that fails is reported, the others still run. */
import type { Log } from './log.ts';

export class Lifetime {
  readonly #closers: { name: string; close: () => unknown }[] = [];
  readonly #log: Log;
  readonly #abort = new AbortController();
  #closing: Promise<void> | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Aborted when closing begins: loops end on it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  defer(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  close(): Promise<void> {
    this.#closing ??= this.#run();
    return this.#closing;
  }

  async #run(): Promise<void> {
    this.#abort.abort();
    for (const { name, close } of this.#closers.reverse()) {
      try {
        await close();
      } catch (error) {
        this.#log.error('close_failed', { part: name, error });
      }
    }
  }
}
