import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { maySee } from '../../authorize.ts';
import { orderReplyOfRow } from '../../orders/rows.ts';
import type { Parts } from '../../parts.ts';

export const getOrder =
  ({ db }: Pick<Parts, 'db'>): Handler<'getOrder'> =>
  async ({ params }, { caller }) => {
    const row = await db.selectFrom('control_orders').selectAll().where('id', '=', params.id).executeTakeFirst();
    if (!row || !maySee(caller, row.tenant)) throw new Fault('not_found', `there is no order ${params.id}`);
    return { body: orderReplyOfRow(row) };
  };
