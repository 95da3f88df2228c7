/** /control/history: counts and time series; what the log vouches for of a session. */
import type { SessionState } from '@elida/contracts';
import { INTERVALS, instant } from '@elida/contracts/api';
import type { Route } from '@elida/http';
import { z } from 'zod';
import { tenantFor } from '../authorize.ts';
import { integrityOf } from '../log/integrity.ts';
import type { Parts } from '../parts.ts';
import { historyStatsOf } from '../record/history-stats.ts';
import { timeSeriesOf } from '../record/time-series.ts';
import { compatRoute } from './route.ts';
import { stateWord } from './session-info.ts';
import { sessionOf } from './session-name.ts';

type RecordParts = Pick<Parts, 'db' | 'finder' | 'clock' | 'signerOf'>;

const windowQuery = z.looseObject({ since: instant.optional(), until: instant.optional() });
const seriesQuery = windowQuery.extend({ interval: z.enum(INTERVALS).default('hour') });

export function recordRoutes(parts: RecordParts): Route[] {
  const { db } = parts;
  return [
    compatRoute({
      url: '/history/stats',
      access: 'sessions:read',
      query: windowQuery,
      async answer({ since, until }, { caller }) {
        const stats = await historyStatsOf(db, { tenant: tenantFor(caller, undefined), since, until });
        const byState = Object.entries(stats.sessions_by_state);
        return {
          ...stats,
          sessions_by_state: Object.fromEntries(byState.map(([state, n]) => [stateWord(state as SessionState), n])),
        };
      },
    }),
    compatRoute({
      url: '/history/timeseries',
      access: 'sessions:read',
      query: seriesQuery,
      answer: (query, { caller }) =>
        timeSeriesOf(db, { ...query, tenant: tenantFor(caller, undefined) }, parts.clock.now()),
    }),
    ...['/history/:id/integrity', '/sessions/:id/integrity'].map((url) =>
      compatRoute({
        url,
        access: 'events:read',
        query: z.looseObject({}),
        answer: async (_query, { caller, params }) =>
          integrityOf(parts, await sessionOf(parts, params.id ?? '', caller), caller),
      }),
    ),
  ];
}
