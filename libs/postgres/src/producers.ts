/** How far each producer's numbers are stored, and what of them is missing. */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** Of those that were seen within `seconds`. */
export async function readThrough(db: Kysely<Database>, seconds: number): Promise<Map<string, number>> {
  const { rows } = await sql<{ producer: string; through: string }>`
    select producer, through from audit_producers where last_seen > now() - make_interval(secs => ${seconds})`.execute(
    db,
  );
  return new Map(rows.map(({ producer, through }) => [producer, Number(through)]));
}

/** Numbers `from` to `to`, both of them, that are not there although later ones are. */
export interface Hole {
  readonly producer: string;
  readonly from: number;
  readonly to: number;
}

const HOLES = sql.raw(`int8multirange(int8range(1, greatest(1, upper(stored)))) - stored - lost`);

const holesOf = (rows: readonly { producer: string; low: string; high: string }[]): Hole[] =>
  rows.map(({ producer, low, high }) => ({ producer, from: Number(low), to: Number(high) - 1 }));

/** Those that are open now, of all producers. */
export async function readHoles(db: Kysely<Database>): Promise<Hole[]> {
  const { rows } = await sql<{ producer: string; low: string; high: string }>`
    select producer, lower(hole) as low, upper(hole) as high
    from audit_producers, unnest(${HOLES}) as hole order by producer, low`.execute(db);
  return holesOf(rows);
}

/** What was said to be lost and has come after all. */
export async function readLate(db: Kysely<Database>): Promise<Hole[]> {
  const { rows } = await sql<{ producer: string; low: string; high: string }>`
    select producer, lower(part) as low, upper(part) as high
    from audit_producers, unnest(stored * lost) as part where stored && lost order by producer, low`.execute(db);
  return holesOf(rows);
}

/** First, in a statement of its own: the next one then sees what whoever had it has written. */
const lockProducer = (trx: Transaction<Database>, producer: string): Promise<unknown> =>
  sql`select from audit_producers where producer = ${producer} for update`.execute(trx);

/** Holes of one producer, from now on lost. @returns what of `hole` is still one: nobody else has declared it, nothing of it came. */
export async function declareLost(trx: Transaction<Database>, { producer, from, to }: Hole): Promise<Hole[]> {
  await lockProducer(trx, producer);
  const { rows } = await sql<{ producer: string; low: string; high: string }>`
    with parts as (
        select unnest((${HOLES}) * int8multirange(int8range(${from}, ${to}, '[]'))) as part from audit_producers
        where producer = ${producer}),
      done as (update audit_producers set lost = lost + coalesce((select range_agg(part) from parts), '{}')
        where producer = ${producer})
    select ${producer}::text as producer, lower(part) as low, upper(part) as high from parts`.execute(trx);
  return holesOf(rows);
}

/** Lost no more. @returns what of it nobody else has taken back yet. */
export async function takeBackLost(trx: Transaction<Database>, { producer, from, to }: Hole): Promise<Hole[]> {
  await lockProducer(trx, producer);
  const { rows } = await sql<{ producer: string; low: string; high: string }>`
    with parts as (
        select unnest(stored * lost * int8multirange(int8range(${from}, ${to}, '[]'))) as part from audit_producers
        where producer = ${producer}),
      done as (update audit_producers set lost = lost - coalesce((select range_agg(part) from parts), '{}')
        where producer = ${producer})
    select ${producer}::text as producer, lower(part) as low, upper(part) as high from parts`.execute(trx);
  return holesOf(rows);
}
