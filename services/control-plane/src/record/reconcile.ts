/**
 * Brings the store to what Postgres says. After a wipe (or at the first start) the standing blocks, kills and
 * terminations are put back before an edge is let in; orders that were written but never reached the store are applied.
 */
import { type SessionRecord, wholeRecord } from '@elida/contracts';
import { type Clock, isFault, type Log } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import { blank } from '@elida/session';
import { type Kysely, sql } from 'kysely';
import { enforce } from '../orders/enforce.ts';
import { planOf } from '../orders/plan.ts';
import { type BlockRow, blockOfRow, orderOfRow } from '../orders/rows.ts';
import type { SessionDirectory } from '../ports.ts';
import { pause } from './pause.ts';

const PERIOD_MS = 500;
/** Younger orders are still under way. */
const SETTLED_MS = 2_000;

export interface ReconcilerParts {
  readonly db: Kysely<Database>;
  readonly store: SessionDirectory;
  readonly clock: Clock;
  readonly log: Log;
  /** The store was empty, and is rebuilt. */
  readonly onRebuilt: () => void;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.rebuildIfWiped();
        await this.catchUp();
      } catch (error) {
        if (!isFault(error)) this.#parts.log.error('reconcile_failed', { error });
      }
      await pause(PERIOD_MS, signal);
    }
  }

  /** @returns true where it had to. @throws Fault store_unavailable, database_unavailable. */
  async rebuildIfWiped(): Promise<boolean> {
    const { db, store, clock, log, onRebuilt } = this.#parts;
    if (await store.isReady()) return false;
    return db.transaction().execute(async (tx) => {
      // One replica rebuilds, the others find it done.
      await sql`select pg_advisory_xact_lock(hashtext('elida_rebuild'))`.execute(tx);
      if (await store.isReady()) return false;
      const rows = await standingBlocks(tx, new Date(clock.now()));
      const records = await sessionsOf(tx, rows);
      const blocks = rows.filter(isWide).map(blockOfRow);
      await store.restore(records, { epoch: await epochAfter(tx, clock.now()), blocks });
      await store.markReady();
      log.info('store_rebuilt', { blocks: blocks.length, sessions: records.length });
      onRebuilt();
      return true;
    });
  }

  /** Orders that Postgres has and the store has not: its control plane died, or the store was gone. */
  async catchUp(): Promise<number> {
    const { db, store, clock, log } = this.#parts;
    return db.transaction().execute(async (tx) => {
      const rows = await tx
        .selectFrom('control_orders')
        .selectAll()
        .where('applied_at', 'is', null)
        .where('at', '<', new Date(clock.now() - SETTLED_MS))
        .orderBy('at')
        .limit(100)
        .forUpdate()
        .skipLocked()
        .execute();
      for (const row of rows) {
        const order = orderOfRow(row);
        const isStale = order.untilAt !== 0 && order.untilAt <= clock.now();
        if (!isStale && !(await isSuperseded(tx, row.id))) await enforce(store, planOf(order));
        await tx
          .updateTable('control_orders')
          .set({ applied_at: new Date(clock.now()) })
          .where('id', '=', row.id)
          .execute();
        log.info('order_applied_late', { order: row.id });
      }
      return rows.length;
    });
  }
}

/**
 * Above every epoch that an edge may still remember: tables begin at the second of their making and grow by at most two
 * an order (a row that is set, one that it replaces).
 */
async function epochAfter(tx: Kysely<Database>, now: number): Promise<number> {
  const counted = await tx
    .selectFrom('control_orders')
    .select((select) => select.fn.countAll().as('orders'))
    .executeTakeFirst();
  return Math.floor(now / 1_000) + 2 * Number(counted?.orders ?? 0);
}

interface StandingRow extends BlockRow {
  readonly kind: string;
}

const standingBlocks = (tx: Kysely<Database>, now: Date): Promise<StandingRow[]> =>
  tx
    .selectFrom('blocks')
    .innerJoin('control_orders', 'control_orders.id', 'blocks.id')
    .selectAll('blocks')
    .select('control_orders.kind')
    .where('blocks.lifted_at', 'is', null)
    .where((where) => where.or([where('blocks.until_at', 'is', null), where('blocks.until_at', '>', now)]))
    .orderBy('blocks.at')
    .execute();

/** What stands in the table; the kill, hold or end of one session stands in the session's own key. */
const isWide = (row: StandingRow): boolean => row.selector.scope !== 'session' || row.kind === 'block';

const STATES = { refuse: 'killed', hold: 'held', terminate: 'terminated' } as const;

/** Killed, held and terminated sessions: as they were when last written down, or as much as the order says. */
async function sessionsOf(tx: Kysely<Database>, rows: readonly StandingRow[]): Promise<SessionRecord[]> {
  const records = new Map<string, SessionRecord>();
  for (const row of rows) {
    if (row.kind === 'block') continue;
    const { scope, id, members } = row.selector;
    if (scope !== 'session' && scope !== 'tree') continue;
    for (const sid of scope === 'session' ? [id] : members) {
      if (records.get(sid)?.state === 'terminated') continue;
      const last = await lastWritten(tx, sid);
      const { untilAt, reason, actor } = { ...blockOfRow(row) };
      records.set(sid, {
        ...last,
        sid,
        tenant: last.tenant || row.tenant,
        state: STATES[row.effect],
        untilAt,
        reason,
        actor,
      });
    }
  }
  return [...records.values()];
}

async function lastWritten(tx: Kysely<Database>, sid: string): Promise<SessionRecord> {
  const row = await tx
    .selectFrom('sdr_outbox')
    .select('record')
    .where('sid', '=', sid)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const ended = await tx
    .selectFrom('sessions')
    .select((select) => select.fn.max('incarnation').as('last'))
    .where('sid', '=', sid)
    .executeTakeFirst();
  if (row && row.record.endedAt === 0) return wholeRecord(row.record);
  return { ...blank(sid, ''), incarnation: Number(ended?.last ?? 0) };
}

/** A later order of the same selector has been applied already. */
async function isSuperseded(tx: Kysely<Database>, id: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from control_orders mine, control_orders other
    where mine.id = ${id} and other.tenant = mine.tenant and other.at > mine.at and other.applied_at is not null
      and other.selector->>'scope' = mine.selector->>'scope' and other.selector->>'id' = mine.selector->>'id'
    limit 1`.execute(tx);
  return rows.length > 0;
}
