/**
 * Ends sessions: claims those that are due under a lease, writes the record, the event and the export's outbox row in one
 * transaction, then lets the store forget. Any replica may do it, at any time, again: what is written once stays once.
 */
import type { Order, SessionRecord } from '@elida/contracts';
import { type Clock, type Installation, isFault, type Log, newOrderId, signOrder, uuidv5 } from '@elida/kernel';
import { type Database, toJsonb } from '@elida/postgres';
import { endEventName, sessionEnded } from '@elida/record';
import type { Transaction } from 'kysely';
import type { ControlBell, SessionDirectory } from '../ports.ts';
import type { Journal, Pen } from './journal.ts';
import { pause } from './pause.ts';

const PERIOD_MS = 500;
const BATCH = 100;
/** Longer than a transaction may take: nobody else claims meanwhile. */
const LEASE_MS = 30_000;

export interface ReaperParts {
  readonly store: SessionDirectory;
  readonly bell: ControlBell;
  readonly journal: Journal;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly log: Log;
  readonly onEnded: (records: readonly SessionRecord[]) => void;
}

export class Reaper {
  readonly #parts: ReaperParts;

  constructor(parts: ReaperParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let count = 0;
      try {
        count = await this.sweep();
      } catch (error) {
        // Store or database gone: the leases run out and the same records come again.
        if (!isFault(error)) this.#parts.log.error('reaper_failed', { error });
      }
      if (count < BATCH) await pause(PERIOD_MS, signal);
    }
  }

  /** @returns how many it ended. @throws Fault store_unavailable, database_unavailable. */
  async sweep(): Promise<number> {
    const { store, journal, onEnded } = this.#parts;
    const due = await store.claimDue(BATCH, LEASE_MS);
    if (due.length === 0) return 0;
    const written = await journal.write(async (tx, pen) => {
      const ended: SessionRecord[] = [];
      for (const record of due) {
        const own = await writeEnd(tx, pen, record);
        if (own) ended.push(own);
      }
      return ended;
    });
    await Promise.all(due.map(({ sid, incarnation }) => store.forget(sid, incarnation)));
    await Promise.all(due.filter(isCutByClock).map((record) => this.#cut(record)));
    if (written.length > 0) onEnded(written);
    return due.length;
  }

  /** What still runs of a session whose life is over is cut; its next request begins a new incarnation. */
  async #cut({ sid, tenant }: SessionRecord): Promise<void> {
    const { store, bell, installation, clock, log } = this.#parts;
    const order: Order = {
      id: newOrderId(),
      epoch: 0,
      kind: 'end',
      tenant,
      selector: { scope: 'session', id: sid, members: [] },
      mode: 'permanent',
      untilAt: 0,
      actor: 'timer',
      reason: 'the session reached its maximum duration',
      at: clock.now(),
    };
    const signed = signOrder(installation, order);
    const rung = await Promise.allSettled([bell.ringOrder(signed), store.appendOrder(signed)]);
    if (rung.every(({ status }) => status === 'rejected')) log.warn('end_not_rung', { session: sid });
  }
}

const isCutByClock = ({ endReason }: SessionRecord): boolean => endReason === 'max_duration';

/** @returns the record as it was written, or null where its end was written before. */
export async function writeEnd(
  tx: Transaction<Database>,
  { add }: Pen,
  due: SessionRecord,
): Promise<SessionRecord | null> {
  const record = await numbered(tx, due);
  const ended = new Date(record.endedAt);
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('sessions')
    .values({
      sid: record.sid,
      incarnation: record.incarnation,
      tenant: record.tenant,
      principal: record.principal,
      agent: record.agent,
      parent: record.parent,
      backend: record.backend,
      state: record.state,
      end_reason: record.endReason || 'completed',
      started_at: new Date(record.startedAt),
      ended_at: ended,
      requests: record.requests,
      bytes_in: record.bytesIn,
      bytes_out: record.bytesOut,
      record: toJsonb(record),
    })
    .onConflict((conflict) => conflict.columns(['sid', 'incarnation']).doNothing())
    .executeTakeFirst();
  if (numInsertedOrUpdatedRows === 0n) return null;
  await tx
    .insertInto('sdr_outbox')
    .values({
      sid: record.sid,
      incarnation: record.incarnation,
      interim: false,
      record: toJsonb(record),
      created_at: ended,
    })
    .execute();
  add((stamp) => sessionEnded(stamp, record), uuidv5(endEventName(record)), record.endedAt);
  return record;
}

/**
 * A wiped store counts from 1 again. An incarnation that is in the books with another beginning is another one: this one
 * gets the next number, so that nothing is overwritten and nothing is lost.
 */
async function numbered(tx: Transaction<Database>, record: SessionRecord): Promise<SessionRecord> {
  const known = await tx
    .selectFrom('sessions')
    .select(['incarnation', 'started_at'])
    .where('sid', '=', record.sid)
    .orderBy('incarnation', 'desc')
    .execute();
  if (known.some(({ started_at }) => started_at.getTime() === record.startedAt)) {
    const own = known.find(({ started_at }) => started_at.getTime() === record.startedAt);
    return { ...record, incarnation: own?.incarnation ?? record.incarnation };
  }
  const last = known[0]?.incarnation ?? 0;
  return known.some(({ incarnation }) => incarnation === record.incarnation)
    ? { ...record, incarnation: last + 1 }
    : record;
}
