/** What a session's detail record says beside the record itself: its violations and captures, as far as they have arrived. */
import type { SessionRecord } from '@elida/contracts';
import type { Database } from '@elida/postgres';
import {
  cutCapture,
  NO_FINDINGS,
  type SdrCapture,
  type SdrFindings,
  type SdrViolation,
  SPAN_EVENTS_MAX,
} from '@elida/record';
import { type Kysely, sql } from 'kysely';
import { eventsSince, readLogPlace } from './log-place.ts';

/** Captures of an incarnation, oldest first. */
export type ReadCaptures = (
  record: SessionRecord,
  which: { readonly flagged: boolean; readonly limit: number },
) => Promise<readonly SdrCapture[]>;

export interface CaptureLimits {
  readonly content: 'none' | 'flagged_only' | 'all';
  readonly charsMax: number;
}

export interface Found {
  readonly findings: SdrFindings;
  /** All that the record counts has arrived. */
  readonly isWhole: boolean;
}

const SEVERITIES = ['info', 'warning', 'critical'];

export async function readFindings(
  db: Kysely<Database>,
  record: SessionRecord,
  readCaptures: ReadCaptures,
  { content, charsMax }: CaptureLimits,
): Promise<Found> {
  const summary = record.violations === 0 ? NO_FINDINGS : await readViolations(db, record);
  const place = await readLogPlace(db, record);
  const limit = SPAN_EVENTS_MAX;
  const captures =
    content === 'none' || record.captures === 0
      ? []
      : await readCaptures(record, { flagged: content === 'flagged_only', limit });
  return {
    findings: {
      ...summary,
      captures: captures.map((capture) => cutCapture(capture, charsMax)),
      captureCount: Math.max(record.captures, captures.length),
      keepsBack: content !== 'all',
      log: place.part,
    },
    isWhole:
      place.isWhole &&
      summary.violationCount >= record.violations &&
      (content !== 'all' || captures.length >= Math.min(record.captures, limit)),
  };
}

async function readViolations(
  db: Kysely<Database>,
  record: SessionRecord,
): Promise<Omit<SdrFindings, 'captures' | 'captureCount' | 'keepsBack' | 'log'>> {
  const of = sql`from events where session = ${record.sid} and incarnation = ${record.incarnation}
    and type = 'violation_detected' and occurred_at >= ${eventsSince(record)}`;
  const { rows } = await sql<{ rules: string[]; actions: string[]; severities: string[]; count: number }>`
    select coalesce(array_agg(distinct data->>'rule_name'), '{}') as rules,
      coalesce(array_agg(distinct data->>'action'), '{}') as actions,
      coalesce(array_agg(distinct severity), '{}') as severities, count(*)::integer as count ${of}`.execute(db);
  const { rules, actions, severities, count } = rows[0] ?? { rules: [], actions: [], severities: [], count: 0 };
  const found =
    count === 0
      ? { rows: [] }
      : await sql<{ at: Date; severity: string; data: SdrViolation['data'] }>`
          select occurred_at as at, severity, data ${of} order by occurred_at, id limit ${SPAN_EVENTS_MAX}`.execute(db);
  return {
    rules: rules.toSorted(),
    actions: actions.toSorted(),
    maxSeverity: SEVERITIES.findLast((severity) => severities.includes(severity)) ?? '',
    violations: found.rows.map(({ at, ...violation }) => ({ ...violation, at: at.getTime() })),
    violationCount: count,
  };
}

/** Violations of exchanges, by exchange. @param from the time of the oldest that may be asked for. */
export async function violationsOfExchanges(
  db: Kysely<Database>,
  asked: readonly { readonly session: string; readonly exchange: string }[],
  from: Date,
): Promise<Map<string, SdrViolation[]>> {
  const found = new Map<string, SdrViolation[]>();
  if (asked.length === 0) return found;
  const sessions = [...new Set(asked.map(({ session }) => session))];
  const { rows } = await sql<{ at: Date; severity: string; data: SdrViolation['data']; exchange: string }>`
    select occurred_at as at, severity, data, data->>'exchange' as exchange from events
    where type = 'violation_detected' and session = any(${sessions}::text[]) and occurred_at >= ${from}
      and data->>'exchange' = any(${asked.map(({ exchange }) => exchange)}::text[])
    order by occurred_at, id limit 10000`.execute(db);
  for (const { at, exchange, ...violation } of rows) {
    const known = found.get(exchange) ?? [];
    known.push({ ...violation, at: at.getTime() });
    found.set(exchange, known);
  }
  return found;
}
