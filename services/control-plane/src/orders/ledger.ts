/** Orders in Postgres: who ordered what and why, what stands, what it did. One transaction with the event about it. */
import type { Order, SessionRecord } from '@elida/contracts';
import type { OrderReply } from '@elida/contracts/api';
import { EVERY_TENANT } from '@elida/contracts/api';
import { Fault } from '@elida/kernel';
import { type Database, toJsonb } from '@elida/postgres';
import type { Subject } from '@elida/record';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Journal, Note } from '../record/journal.ts';
import { sameSelector } from './plan.ts';
import { blockRow, ORDER_EVENTS, type OrderRow, orderData, orderRow } from './rows.ts';

export interface Entry {
  readonly order: Order;
  readonly idempotencyKey: string;
  /** The session it is about, where it is about one. */
  readonly session: SessionRecord | null;
  /** Blocks that it lifts by name (`unblock`). */
  readonly lifted: readonly string[];
}

const REPLACING: readonly Order['kind'][] = ['kill', 'hold', 'terminate', 'resume'];

export class Ledger {
  readonly #db: Kysely<Database>;
  readonly #journal: Journal;

  constructor(db: Kysely<Database>, journal: Journal) {
    this.#db = db;
    this.#journal = journal;
  }

  /**
   * Writes the order, what it leaves standing and what it lifts. Again is harmless: an order is its id.
   * @returns the earlier order with the same idempotency key, or null where this one is new.
   * @throws Fault database_unavailable.
   */
  persist(entry: Entry): Promise<OrderRow | null> {
    const { order } = entry;
    return this.#journal.write(async (tx, { note }) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('control_orders')
        .values(orderRow(order, entry.idempotencyKey))
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      // The same id: written before. Otherwise the key was used: by a call that overtook this one.
      if (numInsertedOrUpdatedRows === 0n)
        return (await isWritten(tx, order.id)) ? null : withKey(tx, order, entry.idempotencyKey);
      await writeDown(tx, note, entry);
      return null;
    });
  }

  /**
   * An order that an edge gave and carried out itself.
   * @param reply null where it does not stand: then the reconciler applies it.
   * @returns false where it was written before.
   * @throws Fault database_unavailable.
   */
  adopt(entry: Entry, reply: OrderReply | null): Promise<boolean> {
    const { order, session } = entry;
    return this.#journal.write(async (tx, { note }) => {
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto('control_orders')
        .values(orderRow(order, ''))
        .onConflict((conflict) => conflict.doNothing())
        .executeTakeFirst();
      if (numInsertedOrUpdatedRows === 0n) return false;
      await writeDown(tx, note, entry);
      const killed = session && session.startedAt > 0 && order.kind === 'kill' ? [session] : [];
      if (reply) await outcome(tx, reply, killed);
      return true;
    });
  }

  /** The earlier order with this key. @throws Fault conflict where it is another one, database_unavailable. */
  earlier(order: Order, idempotencyKey: string): Promise<OrderRow | null> {
    return withKey(this.#db, order, idempotencyKey);
  }

  /** What it did; and, of a kill, the sessions as they were then: their records leave at once. */
  async complete(reply: OrderReply, killed: readonly SessionRecord[]): Promise<void> {
    await this.#db.transaction().execute((tx) => outcome(tx, reply, killed));
  }
}

/** What stands, what is lifted, and the event. */
async function writeDown(tx: Transaction<Database>, note: Note, entry: Entry): Promise<void> {
  const { order, lifted } = entry;
  await standing(tx, entry);
  const { subject } = subjectFor(entry);
  if (order.kind === 'unblock') {
    for (const block of lifted)
      note('block_lifted', subject, { block, actor: order.actor, reason: order.reason }, order.at);
  } else if (order.kind !== 'count') note(ORDER_EVENTS[order.kind], subject, orderData(order), order.at);
}

async function outcome(tx: Transaction<Database>, reply: OrderReply, killed: readonly SessionRecord[]): Promise<void> {
  await tx
    .updateTable('control_orders')
    .set({ result: toJsonb(reply), ...(reply.enforced ? { applied_at: sql<Date>`now()` } : {}) })
    .where('id', '=', reply.order_id)
    .execute();
  const rows = killed.map((record) => ({
    sid: record.sid,
    incarnation: record.incarnation,
    interim: true,
    record: toJsonb(record),
    created_at: sql<Date>`now()`,
  }));
  if (rows.length > 0) await tx.insertInto('sdr_outbox').values(rows).execute();
}

const isWritten = async (db: Kysely<Database>, id: string): Promise<boolean> =>
  (await db.selectFrom('control_orders').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;

/** @throws Fault conflict where the key belongs to another order. */
async function withKey(db: Kysely<Database>, order: Order, idempotencyKey: string): Promise<OrderRow | null> {
  const row = await db
    .selectFrom('control_orders')
    .selectAll()
    .where('actor', '=', order.actor)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst();
  if (!row) return null;
  if (row.kind === order.kind && sameSelector(row.selector, order.selector)) return row;
  throw new Fault('conflict', 'this Idempotency-Key belongs to another order');
}

async function standing(tx: Transaction<Database>, { order, lifted }: Entry): Promise<void> {
  const over = { lifted_at: new Date(order.at), lifted_by: order.actor };
  if (lifted.length > 0) {
    const named = tx
      .updateTable('blocks')
      .set(over)
      .where('id', 'in', [...lifted]);
    await named.where('lifted_at', 'is', null).execute();
  }
  if (REPLACING.includes(order.kind))
    await tx
      .updateTable('blocks')
      .set(over)
      .where('lifted_at', 'is', null)
      .where('tenant', '=', order.tenant)
      .where(sql<boolean>`selector->>'scope' = ${order.selector.scope} and selector->>'id' = ${order.selector.id}`)
      .where('id', '!=', order.id)
      // What is terminated stays so.
      .where((where) => where.or([where('effect', '!=', 'terminate'), where.lit(order.kind === 'terminate')]))
      .execute();
  const row = blockRow(order);
  if (row)
    await tx
      .insertInto('blocks')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
}

const subjectFor = ({ order, session }: Entry): { subject: Subject } => ({
  subject: {
    tenant: session?.tenant ?? (order.tenant || EVERY_TENANT),
    session: session?.sid ?? (['session', 'tree'].includes(order.selector.scope) ? order.selector.id : ''),
    incarnation: session?.incarnation ?? 0,
  },
});
