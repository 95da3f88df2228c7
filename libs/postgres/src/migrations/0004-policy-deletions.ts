/** A policy that was deleted: a last row says so, since rows that are history never go. */
import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('alter table policies add column deleted boolean not null default false').execute(db);
}
