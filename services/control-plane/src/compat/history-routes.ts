/** /control/history: ended incarnations. */
import { SESSION_STATES, type SessionState } from '@elida/contracts';
import { INTERVALS, instant } from '@elida/contracts/api';
import type { Route } from '@elida/http';
import { Fault } from '@elida/kernel';
import { z } from 'zod';
import { permissionsOf, tenantFor } from '../authorize.ts';
import { type CaptureParts, capturedContentOf } from '../insight/captures.ts';
import { integrityOf } from '../log/integrity.ts';
import type { Parts } from '../parts.ts';
import { historyOf, inOrder, recordOf } from '../record/history.ts';
import { historyStatsOf } from '../record/history-stats.ts';
import { timeSeriesOf } from '../record/time-series.ts';
import { recordInfos } from './record-infos.ts';
import { compatRoute } from './route.ts';
import { stateWord } from './session-info.ts';
import { sessionOf } from './session-name.ts';

const offsets = {
  limit: z.coerce.number().int().min(1).max(500).default(50),
  offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
};
const listQuery = z.looseObject({
  ...offsets,
  state: z.string().max(32).optional(),
  backend: z.string().max(64).optional(),
  since: instant.optional(),
  until: instant.optional(),
});
const windowQuery = z.looseObject({ since: instant.optional(), until: instant.optional() });
const seriesQuery = windowQuery.extend({ interval: z.enum(INTERVALS).default('hour') });

/** Their word or ours. */
const stateOf = (word: string | undefined): string | undefined =>
  SESSION_STATES.find((state) => stateWord(state) === word) ?? word;

/** Newest violations of a session in a list, and of one that is looked at. */
const EACH = 20;
const OF_ONE = 500;
/** Each is decrypted. All of them are under /api/v1. */
const CAPTURES_MAX = 100;

type HistoryParts = Pick<Parts, 'db' | 'finder' | 'ladders' | 'clock' | 'signerOf'>;

export function historyRoutes(parts: HistoryParts & CaptureParts): Route[] {
  const { db } = parts;
  return [
    compatRoute({
      url: '/history',
      access: 'sessions:read',
      query: listQuery,
      async answer({ limit, offset, state, backend, since, until }, { caller }) {
        const rows = historyOf(db, {
          tenant: tenantFor(caller, undefined),
          state: stateOf(state),
          backend,
          since,
          until,
        });
        const [page, counted] = await Promise.all([
          inOrder(rows).limit(limit).offset(offset).execute(),
          rows
            .clearSelect()
            .select((select) => select.fn.countAll().as('count'))
            .executeTakeFirst(),
        ]);
        const sessions = await recordInfos(parts, page.map(recordOf), caller, EACH);
        return { sessions, count: sessions.length, total_count: Number(counted?.count ?? 0), offset, limit };
      },
    }),
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
    compatRoute({
      url: '/history/:id',
      access: 'sessions:read',
      query: z.looseObject({}),
      async answer(_query, { caller, params }) {
        const rows = historyOf(db, { tenant: tenantFor(caller, undefined), id: params.id ?? '' });
        const row = await inOrder(rows).limit(1).executeTakeFirst();
        if (!row) throw new Fault('not_found', `no session ${params.id} has ended`);
        const record = recordOf(row);
        const [info] = await recordInfos(parts, [record], caller, OF_ONE);
        if (!permissionsOf(caller).has('captures:read')) return info;
        const life = { session: record.sid, incarnation: record.incarnation };
        return { ...info, captured_content: await capturedContentOf(parts, life, CAPTURES_MAX, caller) };
      },
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
