/**
 * What happened in each interval, from the events: by when it happened, not by when a session ended. Two passes: counts
 * from an index, what exchanges and tokens sum up to from the events themselves.
 */
import { type Interval, POINTS_MAX, type TimeSeries, toInstant } from '@elida/contracts/api';
import { Fault } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import { type Kysely, sql } from 'kysely';

type Point = TimeSeries['points'][number];

export interface SeriesFilter {
  /** Empty: every tenant. */
  readonly tenant: string;
  readonly interval: Interval;
  /** RFC 3339. Default: a day before `until`. */
  readonly since?: string | undefined;
  /** Default: now. */
  readonly until?: string | undefined;
}

const LENGTH_MS: Readonly<Record<Interval, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const DAY_MS = 86_400_000;

interface Numbers {
  readonly at: Date;
  readonly [column: string]: Date | string | null;
}

/** @param now Unix ms. @throws Fault invalid where there would be too many points, database_unavailable. */
export async function timeSeriesOf(db: Kysely<Database>, filter: SeriesFilter, now: number): Promise<TimeSeries> {
  const length = LENGTH_MS[filter.interval];
  const until = filter.until === undefined ? now : Date.parse(filter.until);
  const since = filter.since === undefined ? until - DAY_MS : Date.parse(filter.since);
  const first = Math.floor(since / length) * length;
  const many = Math.ceil((until - first) / length);
  if (many > POINTS_MAX) throw new Fault('invalid', `query.interval: ${many} points, at most ${POINTS_MAX}`);
  const [counts, sums] = await Promise.all([countsOf(db, filter, first, until), sumsOf(db, filter, first, until)]);
  const points: Point[] = [];
  for (let at = first; at < until; at += length) {
    const number = (rows: Map<number, Numbers>, column: string): number => Number(rows.get(at)?.[column] ?? 0);
    points.push({
      timestamp: toInstant(at),
      session_count: number(counts, 'sessions'),
      sessions_started: number(counts, 'started'),
      sessions_ended: number(counts, 'ended'),
      request_count: number(counts, 'requests'),
      bytes_in: number(sums, 'bytes_in'),
      bytes_out: number(sums, 'bytes_out'),
      tokens_in: number(sums, 'tokens_in'),
      tokens_out: number(sums, 'tokens_out'),
      violations: number(counts, 'violations'),
      errors: number(sums, 'errors'),
    });
  }
  return { interval: filter.interval, since: toInstant(first), until: toInstant(until), points };
}

const byTime = (rows: readonly Numbers[]): Map<number, Numbers> => new Map(rows.map((row) => [row.at.getTime(), row]));

const rangeOf = (tenant: string, from: number, to: number) => sql`
  occurred_at >= ${new Date(from)} and occurred_at < ${new Date(to)} ${tenant === '' ? sql`` : sql`and tenant = ${tenant}`}`;

async function countsOf(
  db: Kysely<Database>,
  { tenant, interval }: SeriesFilter,
  from: number,
  to: number,
): Promise<Map<number, Numbers>> {
  const count = (type: string) => sql`coalesce(sum(n) filter (where type = ${type}), 0)`;
  const { rows } = await sql<Numbers>`
    with seen as materialized (
      select date_trunc(${sql.lit(interval)}, occurred_at, 'UTC') as at, session, type, count(*) as n
      from events where ${rangeOf(tenant, from, to)} group by 1, 2, 3),
    busy as (select at, count(*) as sessions from (select distinct at, session from seen where session <> '') as s group by at)
    select at, max(sessions) as sessions, ${count('session_started')} as started, ${count('session_ended')} as ended,
      ${count('exchange')} as requests, ${count('violation_detected')} as violations
    from seen left join busy using (at) group by at`.execute(db);
  return byTime(rows);
}

async function sumsOf(
  db: Kysely<Database>,
  { tenant, interval }: SeriesFilter,
  from: number,
  to: number,
): Promise<Map<number, Numbers>> {
  const { rows } = await sql<Numbers>`
    select date_trunc(${sql.lit(interval)}, occurred_at, 'UTC') as at,
      sum(told.bytes_in) as bytes_in, sum(told.bytes_out) as bytes_out,
      sum(told.input_tokens) filter (where type = 'tokens_used') as tokens_in,
      sum(told.output_tokens) filter (where type = 'tokens_used') as tokens_out,
      count(*) filter (where type = 'exchange' and (told.outcome in ('refused', 'failed') or told.status >= 400)) as errors
    from events cross join lateral jsonb_to_record(data) as told (
      bytes_in bigint, bytes_out bigint, input_tokens bigint, output_tokens bigint, outcome text, status integer)
    where type in ('exchange', 'tokens_used') and ${rangeOf(tenant, from, to)} group by 1`.execute(db);
  return byTime(rows);
}
