import type { Handler } from '@elida/http';
import { captureSummaryOf } from '../../insight/captures.ts';
import { liveOrEnded, type PastParts } from '../../insight/session-past.ts';
import { eventsOf } from '../../record/event-rows.ts';
import { pageOf } from '../../record/id-cursor.ts';

export const listCaptures =
  (parts: PastParts): Handler<'listCaptures'> =>
  async ({ params, query }, { caller }) => {
    const { sid, tenant, incarnation } = await liveOrEnded(parts, params.id, caller, query.incarnation);
    const recorded = eventsOf(parts.db, { tenant, session: sid, type: 'capture_recorded' });
    const { rows, next } = await pageOf(recorded.where('incarnation', '=', incarnation), query);
    return { body: { captures: rows.map(captureSummaryOf), next_cursor: next } };
  };
