/**
 * Indexes for what is asked of violations, tool calls, ladder steps and tokens. Partial: an event of another type costs
 * nothing more than before.
 */
import { type Kysely, sql } from 'kysely';

const INDEXES = [
  `create index events_violations on events (id desc) where type = 'violation_detected'`,
  `create index events_violations_by_rule on events ((data->>'rule_name'), id desc) where type = 'violation_detected'`,
  // Which sessions are flagged, and how badly, is answered from the index alone.
  `create index events_flagged on events (session, incarnation, id desc) include (tenant, occurred_at, severity)
     where type = 'violation_detected'`,
  `create index events_of_conduct on events (session, type, id desc) where type in ('tool_called', 'policy_action')`,
  `create index events_tokens on events (occurred_at, tenant) where type = 'tokens_used'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of INDEXES) await sql.raw(statement).execute(db);
}
