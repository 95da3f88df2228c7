import type { Handler } from '@elida/http';
import { liveOrEnded, type PastParts, trailOf } from '../../insight/session-past.ts';

export const getSessionRisk =
  (parts: PastParts): Handler<'getSessionRisk'> =>
  async ({ params, query }, { caller }) => {
    const record = await liveOrEnded(parts, params.id, caller, query.incarnation);
    return { body: await trailOf(parts, record) };
  };
