/**
 * Requests and replies that are kept, sealed, partitioned by the UTC day like the events. A row never changes; it may be
 * deleted by the owner (a person's erasure): the log keeps only the hash of it. The worker's role only adds.
 */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  `create table captures (
     capture_id uuid not null, tenant text not null, session text not null, incarnation integer not null, exchange text not null,
     captured_at timestamptz not null, flagged boolean not null, kid text not null, sealed bytea not null,
     primary key (captured_at, capture_id)) partition by range (captured_at)`,
  'create index captures_of_session on captures (session, incarnation, captured_at)',
  'create index captures_by_id on captures (capture_id)',
  // Random bytes: compressing them again is for nothing.
  'alter table captures alter column sealed set storage external',
  'create trigger captures_immutable before update on captures for each row execute function elida_refuse_change()',
  'create table captures_default partition of captures default',
  `create function elida_make_capture_partitions(first date, days integer) returns integer language plpgsql as $$
   declare
     made integer := 0;
     day date;
     name text;
   begin
     perform pg_advisory_xact_lock(hashtext('elida_make_capture_partitions'));
     for offset_days in 0 .. days - 1 loop
       day := first + offset_days;
       name := 'captures_' || to_char(day, 'YYYYMMDD');
       continue when to_regclass(name) is not null;
       begin
         execute format('create table %I partition of captures for values from (%L) to (%L)', name,
           day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
         made := made + 1;
       exception when check_violation then
         raise notice 'captures of % stay in the default partition', day;
       end;
     end loop;
     return made;
   end $$`,
  "select elida_make_capture_partitions((now() at time zone 'utc')::date - 1, 9)",
  // See 0005 for where the role is not there.
  `do $$ begin
     if exists (select from pg_roles where rolname = 'elida_audit') then
       grant select, insert on captures to elida_audit;
     end if;
   end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
