/**
 * Which sink has which session detail record. A job of the queue may be lost with the queue: what a sink has not taken
 * stands here, and is offered again. Dead letters stay until somebody replays them.
 */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'alter table sdr_outbox add column planned_at timestamptz',
  'create index sdr_outbox_unplanned on sdr_outbox (id) where planned_at is null and exported_at is null',
  `create table deliveries (
     id bigint generated always as identity primary key, outbox bigint not null references sdr_outbox (id) on delete cascade,
     sink text not null, state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
     attempts integer not null default 0, error text not null default '', since timestamptz not null default now(),
     queued_at timestamptz, settled_at timestamptz, unique (outbox, sink))`,
  `create index deliveries_waiting on deliveries (sink, id) where state = 'waiting'`,
  `create index deliveries_dead on deliveries (id) where state = 'dead'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
