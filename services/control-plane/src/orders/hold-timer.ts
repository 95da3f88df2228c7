/**
 * A hold that nobody lifts becomes a kill: what runs is cut, what waits is refused, and Postgres says so. Any replica may
 * notice it; the order's id follows from the hold's, so it is given once.
 */

import { createHash } from 'node:crypto';
import type { Order } from '@elida/contracts';
import { base32, type Clock, isFault, type Log } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import type { Kysely } from 'kysely';
import type { SessionDirectory } from '../ports.ts';
import { pause } from '../record/pause.ts';
import type { Desk } from './desk.ts';
import { planOf } from './plan.ts';
import type { BlockRow } from './rows.ts';
import { type WindowDefaults, windowFor } from './window.ts';

const PERIOD_MS = 500;

export interface HoldTimerParts {
  readonly db: Kysely<Database>;
  readonly store: SessionDirectory;
  readonly desk: Desk;
  readonly clock: Clock;
  readonly log: Log;
  readonly windows: WindowDefaults;
}

export class HoldTimer {
  readonly #parts: HoldTimerParts;

  constructor(parts: HoldTimerParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.sweep();
      } catch (error) {
        if (!isFault(error)) this.#parts.log.error('hold_timer_failed', { error });
      }
      await pause(PERIOD_MS, signal);
    }
  }

  /** @throws Fault database_unavailable, store_unavailable. */
  async sweep(): Promise<void> {
    const { db, clock } = this.#parts;
    const rows = await db
      .selectFrom('blocks')
      .selectAll()
      .where('effect', '=', 'hold')
      .where('lifted_at', 'is', null)
      .where('until_at', '<=', new Date(clock.now()))
      .orderBy('until_at')
      .limit(100)
      .execute();
    for (const row of rows) await this.#expire(row);
  }

  async #expire(row: BlockRow): Promise<void> {
    const { db, desk, clock, windows } = this.#parts;
    const at = clock.now();
    const endedAt = row.until_at?.getTime() ?? at;
    const { mode, untilAt } = windowFor({}, { mode: windows.killMode, ms: windows.killMs }, endedAt);
    const isOver = untilAt !== 0 && untilAt <= at;
    if (isOver || !(await this.#isHeld(row))) {
      await db
        .updateTable('blocks')
        .set({ lifted_at: new Date(at), lifted_by: 'timer' })
        .where('id', '=', row.id)
        .execute();
      return;
    }
    const { tenant, selector } = row;
    const fixed = { epoch: 0, kind: 'kill' as const, actor: 'timer', reason: 'nobody lifted the hold in time' };
    const order: Order = { ...fixed, id: killAfter(row.id), tenant, selector, mode, untilAt, at };
    await desk.carryOut(planOf(order), { order, idempotencyKey: '', session: null, lifted: [row.id] });
  }

  /** A session that has ended meanwhile is not to be killed; what is wider always is. */
  async #isHeld({ selector }: BlockRow): Promise<boolean> {
    if (selector.scope !== 'session') return true;
    const record = await this.#parts.store.get(selector.id);
    return record !== null && record.endedAt === 0;
  }
}

const killAfter = (holdId: string): string =>
  `ord_${base32(createHash('sha256').update(`hold_expired/${holdId}`).digest().subarray(0, 10))}`;
