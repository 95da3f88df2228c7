/** Sums and averages over ended incarnations. */
import type { HistoryStats } from '@elida/contracts/api';
import type { Database } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';
import { type HistoryFilter, historyOf } from './history.ts';

const SUMS = {
  sessions: sql<string>`count(*)`,
  requests: sql<string>`sum(requests)`,
  bytes_in: sql<string>`sum(bytes_in)`,
  bytes_out: sql<string>`sum(bytes_out)`,
  tokens_in: sql<string>`sum((record->'tokens'->>'input')::bigint)`,
  tokens_out: sql<string>`sum((record->'tokens'->>'output')::bigint)`,
  violations: sql<string>`sum((record->>'violations')::bigint)`,
  ms: sql<string>`sum(extract(epoch from ended_at - started_at) * 1000)`,
} as const;
type Sum = keyof typeof SUMS;
const NAMES = Object.keys(SUMS) as readonly Sum[];

/** @throws Fault database_unavailable. */
export async function historyStatsOf(db: Kysely<Database>, filter: HistoryFilter): Promise<HistoryStats> {
  const groups = await historyOf(db, filter)
    .clearSelect()
    .select(['state', 'backend', ...NAMES.map((name) => SUMS[name].as(name))])
    .groupBy(['state', 'backend'])
    .execute();
  const total = (name: Sum): number => groups.reduce((sum, group) => sum + Number(group[name] ?? 0), 0);
  const by = (pick: 'state' | 'backend'): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const group of groups) counts[group[pick]] = (counts[group[pick]] ?? 0) + Number(group.sessions);
    return counts;
  };
  const sessions = total('sessions');
  return {
    total_sessions: sessions,
    total_requests: total('requests'),
    total_bytes_in: total('bytes_in'),
    total_bytes_out: total('bytes_out'),
    total_tokens_in: total('tokens_in'),
    total_tokens_out: total('tokens_out'),
    total_violations: total('violations'),
    avg_duration_ms: sessions === 0 ? 0 : Math.round(total('ms') / sessions),
    avg_request_count: sessions === 0 ? 0 : total('requests') / sessions,
    sessions_by_state: by('state'),
    sessions_by_backend: by('backend'),
  };
}
