/**
 * Is Postgres there? Asked every second, so that an order does not have to find out by waiting, and that what was taken
 * without it is written when it returns.
 */
import type { Log } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';
import { within } from './deadline.ts';
import { pause } from './pause.ts';

const PERIOD_MS = 1_000;
const PATIENCE_MS = 500;

export class DatabaseWatch {
  readonly #db: Kysely<Database>;
  readonly #log: Log;
  readonly #onReturn: (() => Promise<void>)[] = [];
  #ok = true;

  constructor(db: Kysely<Database>, log: Log) {
    this.#db = db;
    this.#log = log;
  }

  get ok(): boolean {
    return this.#ok;
  }

  onReturn(work: () => Promise<void>): void {
    this.#onReturn.push(work);
  }

  /** Somebody met a database that is gone. */
  missed(): void {
    this.#ok = false;
  }

  /** @returns true where it answers now. */
  async probe(): Promise<boolean> {
    try {
      await within(PATIENCE_MS, 'database_unavailable', sql`select 1`.execute(this.#db));
    } catch (error) {
      if (this.#ok) this.#log.warn('database_gone', { error });
      this.#ok = false;
      return false;
    }
    if (!this.#ok) await this.#returned();
    return true;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.probe();
      await pause(PERIOD_MS, signal);
    }
  }

  async #returned(): Promise<void> {
    this.#log.info('database_returned');
    this.#ok = true;
    for (const work of this.#onReturn) {
      try {
        await work();
      } catch (error) {
        // Still shaky: whatever is left is tried at the next return.
        this.#log.warn('return_work_failed', { error });
        this.#ok = false;
      }
    }
  }
}
