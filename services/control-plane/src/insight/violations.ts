/** What rules found, from the events. */
import type { ViolationView } from '@elida/contracts/api';
import type { Database } from '@elida/postgres';
import type { EventData } from '@elida/record';
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { type EventFilter, type EventRow, eventsOf } from '../record/event-rows.ts';

type ViolationData = EventData['violation_detected'];

export interface ViolationFilter extends Omit<EventFilter, 'type'> {
  readonly incarnation?: number | undefined;
  readonly rule?: string | undefined;
  readonly category?: string | undefined;
}

/** What another version of an edge did not tell. */
const UNTOLD: ViolationData = {
  ...{ exchange: '', policy: '', rule_name: '', description: '', rule_severity: '', effective_severity: '' },
  ...{ source_role: '', side: 'session', message_index: -1, place: '', match_start: -1, match_end: -1, hits: 0 },
  ...{ matched_text: '', value: null, category: '', owasp_llm_2025: [], owasp_llm_v1_1: [], mitre_atlas: [] },
  ...{ action: '', observe: false, enforced: false, points: 0, backend: '', model: '', agent: '' },
};

export const violationDataOf = ({ data }: Pick<EventRow, 'data'>): ViolationData => ({
  ...UNTOLD,
  ...(data as Partial<ViolationData>),
});

export function violationViewOf(row: EventRow): ViolationView {
  const data = violationDataOf(row);
  return {
    ...data,
    id: Number(row.id),
    event_id: row.event_id,
    at: row.occurred_at.toISOString(),
    tenant: row.tenant,
    session: row.session,
    incarnation: row.incarnation,
    effective_severity: row.severity || data.effective_severity,
    owasp_llm_2025: [...data.owasp_llm_2025],
    owasp_llm_v1_1: [...data.owasp_llm_v1_1],
    mitre_atlas: [...data.mitre_atlas],
  };
}

export function violationsOf(
  db: Kysely<Database>,
  { incarnation, rule, category, ...filter }: ViolationFilter,
): SelectQueryBuilder<Database, 'events', EventRow> {
  return eventsOf(db, { ...filter, type: 'violation_detected' })
    .$if(incarnation !== undefined, (query) => query.where('incarnation', '=', incarnation ?? 0))
    .$if(rule !== undefined, (query) => query.where(sql`data->>'rule_name'`, '=', rule ?? ''))
    .$if(category !== undefined, (query) => query.where(sql`data->>'category'`, '=', category ?? ''));
}

export interface Life {
  readonly session: string;
  readonly incarnation: number;
}
export const lifeKey = ({ session, incarnation }: Life): string => `${session}.${incarnation}`;

/** The newest violations of each life, oldest first. @param each at most so many of one. */
export async function violationsPerLife(
  db: Kysely<Database>,
  tenant: string,
  lives: readonly Life[],
  each: number,
): Promise<Map<string, ViolationView[]>> {
  const found = new Map<string, ViolationView[]>(lives.map((life) => [lifeKey(life), []]));
  if (lives.length === 0) return found;
  const ranked = violationsOf(db, { tenant })
    .where(inLives(lives))
    .select(sql<string>`row_number() over (partition by session, incarnation order by id desc)`.as('rank'));
  const rows = await db
    .selectFrom(ranked.as('ranked'))
    .selectAll()
    .where(sql<number>`rank`, '<=', each)
    .orderBy('id', 'asc')
    .execute();
  for (const row of rows) found.get(lifeKey(row))?.push(violationViewOf(row));
  return found;
}

/** By rule, of each life. */
export async function countsPerLife(
  db: Kysely<Database>,
  tenant: string,
  lives: readonly Life[],
): Promise<Map<string, Record<string, number>>> {
  const found = new Map<string, Record<string, number>>(lives.map((life) => [lifeKey(life), {}]));
  if (lives.length === 0) return found;
  const rows = await violationsOf(db, { tenant })
    .where(inLives(lives))
    .clearSelect()
    .select(['session', 'incarnation', sql<string>`coalesce(data->>'rule_name', '')`.as('rule')])
    .select((select) => select.fn.countAll<string>().as('count'))
    .groupBy(['session', 'incarnation', 'rule'])
    .orderBy('count', 'desc')
    .orderBy('rule')
    .execute();
  for (const row of rows) {
    const counts = found.get(lifeKey(row));
    if (counts) counts[row.rule] = Number(row.count);
  }
  return found;
}

/** @param session the column of the session's id. */
export const inLives = (lives: readonly Life[], session = sql.ref('session')) =>
  sql<boolean>`(${session}, incarnation) in (select * from unnest(
    ${lives.map((life) => life.session)}::text[], ${lives.map((life) => life.incarnation)}::integer[]))`;
