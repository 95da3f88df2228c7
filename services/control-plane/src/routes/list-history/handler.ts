import { toSessionView } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { afterCursor, cursorOf, historyOf, inOrder } from '../../record/history.ts';

export const listHistory =
  ({ db, clock }: Pick<Parts, 'db' | 'clock'>): Handler<'listHistory'> =>
  async ({ query }, { caller }) => {
    const { limit, cursor, tenant, ...filter } = query;
    const rows = historyOf(db, { ...filter, tenant: tenantFor(caller, tenant) });
    const page = await inOrder(afterCursor(rows, cursor))
      .limit(limit + 1)
      .execute();
    const records = page.slice(0, limit).map(({ record }) => record);
    const last = records.at(-1);
    return {
      body: {
        sessions: records.map((record) => toSessionView(record, clock.now())),
        next_cursor: page.length > limit && last ? cursorOf(last) : '',
      },
    };
  };
