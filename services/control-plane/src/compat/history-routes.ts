/** /control/history: ended incarnations. */
import { SESSION_STATES } from '@elida/contracts';
import { instant } from '@elida/contracts/api';
import type { Route } from '@elida/http';
import { Fault } from '@elida/kernel';
import { sql } from 'kysely';
import { z } from 'zod';
import { tenantFor } from '../authorize.ts';
import { historyOf, inOrder, recordOf } from '../record/history.ts';
import { type HistoryParts, recordInfos } from './record-infos.ts';
import { compatRoute } from './route.ts';
import { stateWord } from './session-info.ts';

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
const sinceQuery = z.looseObject({ since: instant.optional() });

/** Their word or ours. */
const stateOf = (word: string | undefined): string | undefined =>
  SESSION_STATES.find((state) => stateWord(state) === word) ?? word;

/** Newest violations of a session in a list, and of one that is looked at. */
const EACH = 20;
const OF_ONE = 500;

export function historyRoutes(parts: HistoryParts): Route[] {
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
      query: sinceQuery,
      async answer({ since }, { caller }) {
        const rows = historyOf(db, { tenant: tenantFor(caller, undefined), since }).clearSelect();
        const groups = await rows
          .select(['state', 'backend'])
          .select((select) => [
            select.fn.countAll().as('sessions'),
            select.fn.sum('requests').as('requests'),
            select.fn.sum('bytes_in').as('bytes_in'),
            select.fn.sum('bytes_out').as('bytes_out'),
            sql<string>`sum(extract(epoch from ended_at - started_at) * 1000)`.as('ms'),
          ])
          .groupBy(['state', 'backend'])
          .execute();
        return statsOf(groups);
      },
    }),
    compatRoute({
      url: '/history/:id',
      access: 'sessions:read',
      query: z.looseObject({}),
      async answer(_query, { caller, params }) {
        const rows = historyOf(db, { tenant: tenantFor(caller, undefined), id: params.id ?? '' });
        const row = await inOrder(rows).limit(1).executeTakeFirst();
        if (!row) throw new Fault('not_found', `no session ${params.id} has ended`);
        const [info] = await recordInfos(parts, [recordOf(row)], caller, OF_ONE);
        return info;
      },
    }),
  ];
}

interface Group {
  readonly state: string;
  readonly backend: string;
  readonly sessions: string | number | bigint;
  readonly requests: string | number | bigint | null;
  readonly bytes_in: string | number | bigint | null;
  readonly bytes_out: string | number | bigint | null;
  readonly ms: string | null;
}

function statsOf(groups: readonly Group[]): Record<string, unknown> {
  const total = (pick: (group: Group) => unknown): number =>
    groups.reduce((sum, group) => sum + Number(pick(group) ?? 0), 0);
  const by = (name: (group: Group) => string): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const group of groups) counts[name(group)] = (counts[name(group)] ?? 0) + Number(group.sessions);
    return counts;
  };
  const sessions = total((group) => group.sessions);
  const requests = total((group) => group.requests);
  return {
    total_sessions: sessions,
    total_requests: requests,
    total_bytes_in: total((group) => group.bytes_in),
    total_bytes_out: total((group) => group.bytes_out),
    avg_duration_ms: sessions === 0 ? 0 : Math.round(total((group) => group.ms) / sessions),
    avg_request_count: sessions === 0 ? 0 : requests / sessions,
    sessions_by_state: by((group) => stateWord(group.state as (typeof SESSION_STATES)[number])),
    sessions_by_backend: by((group) => group.backend),
  };
}
