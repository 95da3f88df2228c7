/** Everything but the events (0002): what the control plane keeps, and what waits for the audit worker's exporters. */
import { type Kysely, sql } from 'kysely';

const TABLES = [
  // Rows that are history: whoever changes one gets an error.
  `create function elida_refuse_change() returns trigger language plpgsql as $$
   begin
     raise exception '% on % is refused: its rows never change', tg_op, tg_table_name using errcode = 'integrity_constraint_violation';
   end $$`,
  `create table policies (
     name text not null, version integer not null check (version > 0), owner text not null, content jsonb not null,
     author text not null, created_at timestamptz not null, primary key (name, version))`,
  `create table snapshots (
     version integer primary key check (version > 0), hash text not null, content jsonb not null, author text not null,
     note text not null, created_at timestamptz not null)`,
  `create table backends (
     name text primary key, owner text not null, spec jsonb not null, revision integer not null, updated_at timestamptz not null)`,
  `create table api_keys (
     id text primary key, hash bytea not null, kid text not null, name text not null, owner text not null, tenant text not null,
     principal text not null, roles text[] not null, backends text[] not null, may_choose_backend boolean not null,
     expires_at timestamptz, created_at timestamptz not null, created_by text not null, revoked_at timestamptz)`,
  `create table control_orders (
     id text primary key, idempotency_key text, kind text not null, tenant text not null, selector jsonb not null,
     mode text not null, until_at timestamptz, actor text not null, reason text not null, at timestamptz not null,
     applied_at timestamptz, result jsonb)`,
  `create unique index control_orders_idempotency on control_orders (actor, idempotency_key) where idempotency_key is not null`,
  'create index control_orders_at on control_orders (at desc)',
  `create table blocks (
     id text primary key, tenant text not null, effect text not null, selector jsonb not null, mode text not null,
     until_at timestamptz, actor text not null, reason text not null, at timestamptz not null,
     lifted_at timestamptz, lifted_by text)`,
  'create index blocks_standing on blocks (at) where lifted_at is null',
  `create table sessions (
     sid text not null, incarnation integer not null, tenant text not null, principal text not null, agent text not null,
     parent text not null, backend text not null, state text not null, end_reason text not null,
     started_at timestamptz not null, ended_at timestamptz not null, requests integer not null, bytes_in bigint not null,
     bytes_out bigint not null, record jsonb not null, primary key (sid, incarnation))`,
  'create index sessions_ended on sessions (tenant, ended_at desc)',
  'create index sessions_principal on sessions (tenant, principal, ended_at desc)',
  "create index sessions_parent on sessions (parent) where parent <> ''",
  `create table sdr_outbox (
     id bigint generated always as identity primary key, sid text not null, incarnation integer not null,
     interim boolean not null, record jsonb not null, created_at timestamptz not null default now(), exported_at timestamptz)`,
  'create unique index sdr_outbox_final on sdr_outbox (sid, incarnation) where not interim',
  'create index sdr_outbox_waiting on sdr_outbox (id) where exported_at is null',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of TABLES) await sql.raw(statement).execute(db);
  for (const table of ['policies', 'snapshots', 'sessions']) {
    const trigger = `create trigger ${table}_immutable before update on ${table} for each row execute function elida_refuse_change()`;
    await sql.raw(trigger).execute(db);
  }
}
