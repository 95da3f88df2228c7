/** What workers are asked to do: parked batches to try again, interim records once a period. */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table parked_batches add column replay_requested_at timestamptz',
  'drop index parked_batches_waiting',
  'create index parked_batches_asked on parked_batches (id) where replay_requested_at is not null and replayed_at is null',
  // Which period of its incarnation an interim record is of; null: a kill's.
  'alter table sdr_outbox add column period integer',
  'create unique index sdr_outbox_interim on sdr_outbox (sid, incarnation, period) where interim and period is not null',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  // The worker takes what it tried back to rest; see 0005 for where the role is not there.
  await sql
    .raw(`do $$ begin
      if exists (select from pg_roles where rolname = 'elida_audit') then
        grant update (replay_requested_at) on parked_batches to elida_audit;
      end if;
    end $$`)
    .execute(db);
}
