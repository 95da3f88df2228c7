/** Counts over the record: events, ended sessions, and what happened in each interval. */
import { z } from 'zod';
import { instant } from './page.ts';

const count = z.number().int();
const counts = z.record(z.string(), count);
const tenant = z.string().max(64);

export const windowQuery = z.strictObject({
  tenant: tenant.optional(),
  since: instant.optional(),
  until: instant.optional(),
});

export const eventStats = z
  .object({
    total_events: count,
    unique_session_ids: count,
    events_by_type: counts,
    events_by_severity: counts,
  })
  .meta({ id: 'EventStats' });
export type EventStats = z.output<typeof eventStats>;

export const historyStats = z
  .object({
    total_sessions: count.describe('Incarnations that ended'),
    total_requests: count,
    total_bytes_in: count,
    total_bytes_out: count,
    total_tokens_in: count,
    total_tokens_out: count,
    total_violations: count,
    avg_duration_ms: z.number(),
    avg_request_count: z.number(),
    sessions_by_state: counts,
    sessions_by_backend: counts.describe('By that of the first exchange'),
  })
  .meta({ id: 'HistoryStats' });
export type HistoryStats = z.output<typeof historyStats>;

export const INTERVALS = ['minute', 'hour', 'day'] as const;
export type Interval = (typeof INTERVALS)[number];
export const POINTS_MAX = 3_000;

export const seriesQuery = windowQuery.extend({
  since: instant.optional().describe('Default: a day before `until`'),
  until: instant.optional().describe('Default: now'),
  interval: z.enum(INTERVALS).default('hour').describe(`Of UTC; at most ${POINTS_MAX} points`),
});

export const timeSeries = z
  .object({
    interval: z.enum(INTERVALS),
    since: instant,
    until: instant,
    points: z
      .array(
        z.object({
          timestamp: instant.describe('Begin of the interval'),
          session_count: count.describe('Sessions in which anything happened'),
          sessions_started: count,
          sessions_ended: count,
          request_count: count.describe('Exchanges that ended'),
          bytes_in: count,
          bytes_out: count,
          tokens_in: count,
          tokens_out: count,
          violations: count,
          errors: count.describe('Exchanges that were refused or failed'),
        }),
      )
      .describe('Every interval, also those in which nothing happened'),
  })
  .meta({ id: 'TimeSeries' });
export type TimeSeries = z.output<typeof timeSeries>;
