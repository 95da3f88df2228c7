/**
 * The event table: append-only, partitioned by the UTC day of `occurred_at`. The triggers refuse UPDATE, DELETE and
 * TRUNCATE on the table and on each partition; retention detaches whole partitions (DDL of the owner).
 */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'create sequence events_id',
  // The sequence as a default, not as an identity: PostgreSQL 15 and 16 have none on partitioned tables.
  `create table events (
     event_id uuid not null, tenant text not null, log_index bigint, id bigint not null default nextval('events_id'),
     producer text not null, seq bigint not null, occurred_at timestamptz not null, received_at timestamptz not null default now(),
     type text not null, session text not null, incarnation integer not null, severity text not null, leaf bytea not null,
     data jsonb not null, primary key (occurred_at, event_id)) partition by range (occurred_at)`,
  'create index events_newest on events (tenant, id desc)',
  "create index events_of_session on events (session, id desc) where session <> ''",
  'create index events_of_type on events (tenant, type, id desc)',
  'create trigger events_immutable before update or delete on events for each row execute function elida_refuse_change()',
  // Statement triggers are not inherited by partitions: each gets its own.
  'create trigger events_kept before truncate on events for each statement execute function elida_refuse_change()',
  'create table events_default partition of events default',
  'create trigger events_kept before truncate on events_default for each statement execute function elida_refuse_change()',
  // A day whose events already lie in the default partition stays there: they cannot be moved without deleting.
  `create function elida_make_event_partitions(first date, days integer) returns integer language plpgsql as $$
   declare
     made integer := 0;
     day date;
     name text;
   begin
     perform pg_advisory_xact_lock(hashtext('elida_make_event_partitions'));
     for offset_days in 0 .. days - 1 loop
       day := first + offset_days;
       name := 'events_' || to_char(day, 'YYYYMMDD');
       continue when to_regclass(name) is not null;
       begin
         execute format('create table %I partition of events for values from (%L) to (%L)', name,
           day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
         execute format('create trigger events_kept before truncate on %I for each statement execute function elida_refuse_change()', name);
         made := made + 1;
       exception when check_violation then
         raise notice 'events of % stay in the default partition', day;
       end;
     end loop;
     return made;
   end $$`,
  "select elida_make_event_partitions((now() at time zone 'utc')::date - 1, 9)",
  `create table parked_batches (
     id bigint generated always as identity primary key, batch bytea not null, error text not null,
     parked_at timestamptz not null default now())`,
  'create unique index parked_batches_once on parked_batches (sha256(batch))',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
