/** Indexes for what is asked of the record: lists over every tenant, rare types and severities, counts, the log by time. */
import { type Kysely, sql } from 'kysely';

const STATEMENTS = [
  'create index events_by_id on events (id desc)',
  // Lists of what is rare must not read through what is frequent.
  `create index events_rare on events (type, id desc)
     where type not in ('exchange', 'tokens_used', 'tool_called', 'session_started', 'session_ended')`,
  `create index events_severe on events (severity, id desc) include (tenant) where severity in ('warning', 'critical')`,
  // Counts are answered from the index alone: an event's row is ten times as wide.
  'drop index events_of_type',
  'create index events_of_type on events (tenant, type, id desc) include (occurred_at, severity, session)',
  // Rows lie in the order of the log, which is nearly that of time.
  'create index log_entries_in_time on log_entries using brin (occurred_at) with (pages_per_range = 16)',
  'create index sessions_ended_anywhere on sessions (ended_at desc)',
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
