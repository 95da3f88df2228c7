import type { Handler } from '@elida/http';
import { tenantFor } from '../../authorize.ts';
import { orderReplyOfRow } from '../../orders/rows.ts';
import type { Parts } from '../../parts.ts';
import { afterTimed, timedCursor } from '../../record/timed-cursor.ts';

export const listOrders =
  ({ db }: Pick<Parts, 'db'>): Handler<'listOrders'> =>
  async ({ query }, { caller }) => {
    const { limit, cursor, kind, actor, since, until } = query;
    const tenant = tenantFor(caller, undefined);
    const rows = await db
      .selectFrom('control_orders')
      .selectAll()
      .$if(tenant !== '', (rest) => rest.where('tenant', '=', tenant))
      .$if(kind !== undefined, (rest) => rest.where('kind', '=', kind ?? 'kill'))
      .$if(actor !== undefined, (rest) => rest.where('actor', '=', actor ?? ''))
      .$if(since !== undefined, (rest) => rest.where('at', '>=', new Date(since ?? 0)))
      .$if(until !== undefined, (rest) => rest.where('at', '<', new Date(until ?? 0)))
      .$if(cursor !== '', (rest) => rest.where(afterTimed(cursor)))
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    return { body: { orders: page.map(orderReplyOfRow), next_cursor: timedCursor(rows, limit) } };
  };
