/**
 * Interim records of sessions that go on for long: once a period of their life in which something happened. The key of
 * the row says which period it is, so any replica may write it, and it is there once.
 */
import type { SessionRecord } from '@elida/contracts';
import { type Clock, isFault, type Log } from '@elida/kernel';
import { type Database, toJsonb } from '@elida/postgres';
import type { Kysely } from 'kysely';
import type { SessionDirectory } from '../ports.ts';
import { pause } from './pause.ts';

const PAGE = 200;
const LOOK_MAX_MS = 60_000;

export interface InterimParts {
  readonly db: Kysely<Database>;
  readonly store: SessionDirectory;
  readonly clock: Clock;
  readonly log: Log;
  /** 0: none. */
  readonly periodMs: number;
}

export class InterimRecords {
  readonly #parts: InterimParts;

  constructor(parts: InterimParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { periodMs, log } = this.#parts;
    if (periodMs === 0) return;
    while (!signal.aborted) {
      await pause(Math.min(LOOK_MAX_MS, periodMs / 4), signal);
      try {
        await this.sweep();
      } catch (error) {
        // Store or database gone: the period is still the same when they are back, or its record is the next one's.
        if (!isFault(error)) log.error('interim_records_failed', { error });
      }
    }
  }

  /** @returns how many it wrote. @throws Fault store_unavailable, database_unavailable. */
  async sweep(): Promise<number> {
    const { store, clock } = this.#parts;
    let written = 0;
    let cursor = '';
    do {
      const page = await store.list({ state: 'active' }, PAGE, cursor);
      written += await this.#write(page.sessions, clock.now());
      cursor = page.cursor;
    } while (cursor !== '');
    return written;
  }

  async #write(records: readonly SessionRecord[], now: number): Promise<number> {
    const { db, periodMs } = this.#parts;
    const rows = records.flatMap((record) => {
      const period = periodOf(record, now, periodMs);
      if (period === null) return [];
      const { sid, incarnation } = record;
      return { sid, incarnation, interim: true, period, record: toJsonb(record), created_at: new Date(now) };
    });
    if (rows.length === 0) return 0;
    const { numInsertedOrUpdatedRows = 0n } = await db
      .insertInto('sdr_outbox')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst();
    return Number(numInsertedOrUpdatedRows);
  }
}

/** The last period that is over, where something happened in it. */
function periodOf(
  { startedAt, lastAt }: Pick<SessionRecord, 'startedAt' | 'lastAt'>,
  now: number,
  periodMs: number,
): number | null {
  if (startedAt === 0) return null;
  const period = Math.floor((now - startedAt) / periodMs);
  return period >= 1 && lastAt >= startedAt + (period - 1) * periodMs ? period : null;
}
