/** /control/history: ended incarnations. */
import { SESSION_STATES } from '@elida/contracts';
import { instant } from '@elida/contracts/api';
import type { Route } from '@elida/http';
import { Fault } from '@elida/kernel';
import { z } from 'zod';
import { tenantFor } from '../authorize.ts';
import type { Parts } from '../parts.ts';
import { historyOf, inOrder, recordOf } from '../record/history.ts';
import { capturedInfo } from './captured-info.ts';
import { recordInfos } from './record-infos.ts';
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

/** Their word or ours. */
const stateOf = (word: string | undefined): string | undefined =>
  SESSION_STATES.find((state) => stateWord(state) === word) ?? word;

/** Newest violations of a session in a list, and of one that is looked at. */
const EACH = 20;
const OF_ONE = 500;

type HistoryParts = Pick<Parts, 'db' | 'finder' | 'ladders' | 'clock' | 'signerOf' | 'journal' | 'installation'>;

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
      url: '/history/:id',
      access: 'sessions:read',
      query: z.looseObject({}),
      async answer(_query, { caller, params }) {
        const rows = historyOf(db, { tenant: tenantFor(caller, undefined), id: params.id ?? '' });
        const row = await inOrder(rows).limit(1).executeTakeFirst();
        if (!row) throw new Fault('not_found', `no session ${params.id} has ended`);
        const [info] = await recordInfos(parts, [recordOf(row)], caller, OF_ONE);
        const life = { session: row.sid, incarnation: row.incarnation };
        return { ...info, captured_content: await capturedInfo(parts, life, caller) };
      },
    }),
  ];
}
