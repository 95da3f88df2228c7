/**
 * The log beside the events: who holds which index, the tree over it, what was signed of it, how far each producer is
 * stored. Rows of the log never change. Workers write with the role `elida_audit`, which may only add to the record.
 */
import { type Kysely, sql } from 'kysely';

const KEPT = ['log_entries', 'log_tiles', 'log_checkpoints', 'log_retention'];

const STATEMENTS = [
  // What opens the digests of a leaf. Beside the leaf: erasing a person must not touch what is hashed.
  `alter table events add column disclosures text[] not null default '{}'`,
  `create table log_entries (
     tenant text not null, log_index bigint not null check (log_index >= 0), event_id uuid not null, occurred_at timestamptz not null,
     leaf_hash bytea not null check (octet_length(leaf_hash) = 32), primary key (tenant, log_index))`,
  'create unique index log_entries_of_event on log_entries (event_id, occurred_at)',
  // Level 0 is log_entries. A tile that grows is a new row: nothing is ever written over.
  `create table log_tiles (
     tenant text not null, level integer not null check (level > 0), tile bigint not null, width integer not null, hashes bytea not null,
     primary key (tenant, level, tile, width))`,
  `create table log_checkpoints (
     tenant text not null, size bigint not null, root bytea not null, at timestamptz not null, note text not null,
     primary key (tenant, size))`,
  `create table log_retention (
     id bigint generated always as identity primary key, tenant text not null, day date not null, removed int8multirange not null,
     at timestamptz not null, note text not null)`,
  // Of numbers: which are stored, which were said to be lost. What is neither, below the highest, is a hole.
  `create table audit_producers (
     producer text primary key, stored int8multirange not null, lost int8multirange not null default '{}',
     through bigint not null generated always as (lower('{[1,)}'::int8multirange - (stored + lost)) - 1) stored,
     first_seen timestamptz not null default now(), last_seen timestamptz not null default now())`,
  'create index audit_producers_seen on audit_producers (last_seen)',
  // Events without an index yet. By a trigger: nobody who adds an event can leave the log out.
  `create table log_pending (
     tenant text not null, producer text not null, seq bigint not null, id bigint not null, event_id uuid not null,
     occurred_at timestamptz not null, leaf_hash bytea not null, primary key (tenant, producer, seq, id))`,
  `create function elida_queue_for_log() returns trigger language plpgsql security definer set search_path from current as $$
   begin
     insert into log_pending (tenant, producer, seq, id, event_id, occurred_at, leaf_hash)
     select tenant, producer, seq, id, event_id, occurred_at, sha256('\\x00'::bytea || leaf) from added;
     return null;
   end $$`,
  `insert into log_pending (tenant, producer, seq, id, event_id, occurred_at, leaf_hash)
   select tenant, producer, seq, id, event_id, occurred_at, sha256('\\x00'::bytea || leaf) from events`,
  `create trigger events_to_log after insert on events referencing new table as added
     for each statement execute function elida_queue_for_log()`,
  `create function elida_refuse_forgetting() returns trigger language plpgsql as $$
   begin
     if new.producer <> old.producer or not new.stored @> old.stored or new.through < old.through then
       raise exception 'what is stored of % stays stored', old.producer using errcode = 'integrity_constraint_violation';
     end if;
     return new;
   end $$`,
  'create trigger audit_producers_grow before update on audit_producers for each row execute function elida_refuse_forgetting()',
  ...KEPT.map(
    (table) =>
      `create trigger ${table}_immutable before update or delete on ${table} for each row execute function elida_refuse_change()`,
  ),
  'create trigger audit_producers_immutable before delete on audit_producers for each row execute function elida_refuse_change()',
  ...[...KEPT, 'audit_producers'].map(
    (table) =>
      `create trigger ${table}_kept before truncate on ${table} for each statement execute function elida_refuse_change()`,
  ),
  // Also where a session calls itself a replica, which turns ordinary triggers off.
  ...['events', ...KEPT, 'audit_producers'].map(
    (table) => `alter table ${table} enable always trigger ${table}_immutable`,
  ),
  'alter table events enable always trigger events_to_log',
  'alter table parked_batches add column replayed_at timestamptz',
  'create index parked_batches_waiting on parked_batches (id) where replayed_at is null',
];

/** Where the migrating user may not create roles, its owner makes this one: the worker says that it goes without. */
const ROLE = `do $$
  begin
    if not exists (select from pg_roles where rolname = 'elida_audit') then
      begin
        create role elida_audit nologin;
      exception when duplicate_object or unique_violation or insufficient_privilege then
        raise notice 'the role elida_audit was not created';
      end;
    end if;
    if exists (select from pg_roles where rolname = 'elida_audit') then
      execute format('grant usage on schema %I to elida_audit', current_schema());
      grant select, insert on events, log_entries, log_tiles, log_checkpoints, log_retention, parked_batches, audit_producers to elida_audit;
      grant update (stored, lost, last_seen) on audit_producers to elida_audit;
      grant update (replayed_at) on parked_batches to elida_audit;
      grant select, delete on log_pending to elida_audit;
      grant usage on sequence events_id to elida_audit;
      if not pg_has_role('elida_audit', 'member') then
        execute format('grant elida_audit to %I', current_user);
      end if;
    end if;
  end $$`;

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  await sql.raw(ROLE).execute(db);
}
