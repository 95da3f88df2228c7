import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { afterCursor, cursorOf, historyOf, inOrder, recordOf } from '../../record/history.ts';

export const listHistory =
  ({ db, ladders }: Pick<Parts, 'db' | 'ladders'>): Handler<'listHistory'> =>
  async ({ query }, { caller }) => {
    const { limit, cursor, tenant, ...filter } = query;
    const rows = historyOf(db, { ...filter, tenant: tenantFor(caller, tenant) });
    const page = await inOrder(afterCursor(rows, cursor))
      .limit(limit + 1)
      .execute();
    const records = page.slice(0, limit).map(recordOf);
    await ladders.refresh();
    const last = records.at(-1);
    return {
      body: {
        sessions: records.map((record) => ladders.view(record)),
        next_cursor: page.length > limit && last ? cursorOf(last) : '',
      },
    };
  };
