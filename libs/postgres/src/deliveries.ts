/** Session detail records on their way to each sink: what waits, what a sink has, what none would take. */
import type { SessionRecord } from '@elida/contracts';
import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

/** A delivery that is queued, and has not been heard of since, is offered again: its queue may have been wiped. */
const FORGOTTEN_SECONDS = 60;

export interface Delivery {
  readonly id: string;
  readonly record: SessionRecord;
  /** Of a session that goes on. */
  readonly interim: boolean;
  readonly createdAt: Date;
  /** Begin of its trying: it was made, or replayed. */
  readonly since: Date;
}

export interface DeadLetter {
  readonly id: string;
  readonly sink: string;
  readonly session: string;
  readonly incarnation: number;
  readonly interim: boolean;
  readonly attempts: number;
  readonly error: string;
  readonly diedAt: Date;
}

/**
 * Gives each record that is new in the outbox a delivery to each sink. Without sinks they are taken out of the way.
 * Several may do so at once. @returns how many records.
 */
export async function planDeliveries(db: Kysely<Database>, sinks: readonly string[], limit: number): Promise<number> {
  const { rows } = await sql<{ planned: number }>`
    with taken as (
      select id from sdr_outbox where planned_at is null and exported_at is null order by id limit ${limit} for update skip locked
    ), made as (
      insert into deliveries (outbox, sink) select id, sink from taken cross join unnest(${[...sinks]}::text[]) as sink
      order by id on conflict do nothing
    ), planned as (
      update sdr_outbox o set planned_at = now(), exported_at = case when ${sinks.length} = 0 then now() end
      from taken where o.id = taken.id returning 1)
    select count(*)::integer as planned from planned`.execute(db);
  return rows[0]?.planned ?? 0;
}

/**
 * Hands what is due to the queue, oldest first. Where `offer` throws nothing is marked, and it is due again.
 * @returns how many.
 */
export function offerDeliveries(
  db: Kysely<Database>,
  sink: string,
  limit: number,
  offer: (ids: readonly string[]) => Promise<void>,
): Promise<number> {
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: string }>`
      select id from deliveries
      where sink = ${sink} and state = 'waiting'
        and (queued_at is null or queued_at < now() - make_interval(secs => ${FORGOTTEN_SECONDS}))
      order by id limit ${limit} for update skip locked`.execute(trx);
    if (rows.length === 0) return 0;
    const ids = rows.map(({ id }) => id);
    await offer(ids);
    await trx.updateTable('deliveries').set({ queued_at: new Date() }).where('id', 'in', ids).execute();
    return ids.length;
  });
}

/** Null: it was delivered, died, or is gone. */
export async function readDelivery(db: Kysely<Database>, id: string): Promise<Delivery | null> {
  const row = await db
    .selectFrom('deliveries')
    .innerJoin('sdr_outbox', 'sdr_outbox.id', 'deliveries.outbox')
    .select(['record', 'interim', 'created_at as createdAt', 'since'])
    .where('deliveries.id', '=', id)
    .where('state', '=', 'waiting')
    .executeTakeFirst();
  return row ? { id, ...row } : null;
}

/** The sink has it. The record leaves the outbox with the last one. */
export async function settleDelivery(db: Kysely<Database>, id: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // The record's row first: of two sinks that settle at once the second sees the first.
    const locked = await sql<{ outbox: string }>`
      select o.id as outbox from sdr_outbox o join deliveries d on d.outbox = o.id where d.id = ${id} for update of o`.execute(
      trx,
    );
    const outbox = locked.rows[0]?.outbox;
    if (outbox === undefined) return;
    await sql`
      update deliveries set state = 'delivered', settled_at = now(), attempts = attempts + 1, error = '' where id = ${id}`.execute(
      trx,
    );
    await sql`
      update sdr_outbox set exported_at = now()
      where id = ${outbox} and not exists (select from deliveries where outbox = ${outbox} and state <> 'delivered')`.execute(
      trx,
    );
  });
}

/** The sink did not take it. @param dead nor will it. */
export async function failDelivery(db: Kysely<Database>, id: string, error: string, dead: boolean): Promise<void> {
  await sql`
    update deliveries set attempts = attempts + 1, error = ${error.slice(0, 1_000)}, queued_at = now(),
      state = case when ${dead} then 'dead' else state end, settled_at = case when ${dead} then now() end
    where id = ${id} and state = 'waiting'`.execute(db);
}

/** Newest first. */
export async function deadLetters(
  db: Kysely<Database>,
  { sink = '', limit = 100 }: { readonly sink?: string; readonly limit?: number } = {},
): Promise<DeadLetter[]> {
  const { rows } = await sql<DeadLetter>`
    select d.id, d.sink, o.sid as session, o.incarnation, o.interim, d.attempts, d.error, d.settled_at as "diedAt"
    from deliveries d join sdr_outbox o on o.id = d.outbox
    where d.state = 'dead' and (${sink} = '' or d.sink = ${sink}) order by d.id desc limit ${limit}`.execute(db);
  return rows;
}

/** Dead letters are tried again, as if they were new. @param which ids, or all of a sink. @returns how many. */
export async function replayDeadLetters(
  db: Kysely<Database>,
  which: { readonly ids: readonly string[] } | { readonly sink: string },
): Promise<number> {
  const filter = 'ids' in which ? sql`id = any(${[...which.ids]}::bigint[])` : sql`sink = ${which.sink}`;
  const result = await sql`
    update deliveries set state = 'waiting', attempts = 0, error = '', since = now(), queued_at = null, settled_at = null
    where state = 'dead' and ${filter}`.execute(db);
  return Number(result.numAffectedRows ?? 0n);
}

export interface DeliveryCounts {
  readonly waiting: number;
  readonly dead: number;
}

/** Records that no delivery was planned for yet count as waiting. */
export async function countDeliveries(db: Kysely<Database>): Promise<DeliveryCounts> {
  const { rows } = await sql<DeliveryCounts>`
    select (select count(*) from sdr_outbox where planned_at is null and exported_at is null)::integer
        + (select count(*) from deliveries where state = 'waiting')::integer as waiting,
      (select count(*) from deliveries where state = 'dead')::integer as dead`.execute(db);
  return rows[0] ?? { waiting: 0, dead: 0 };
}
