import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { historyOf, inOrder, recordOf } from '../../record/history.ts';

const MAX = 500;

export const getHistory =
  ({ db, ladders }: Pick<Parts, 'db' | 'ladders'>): Handler<'getHistory'> =>
  async ({ params }, { caller }) => {
    const rows = await inOrder(historyOf(db, { tenant: tenantFor(caller, undefined), id: params.id }))
      .limit(MAX)
      .execute();
    if (rows.length === 0) throw new Fault('not_found', `no incarnation of ${params.id} has ended`);
    await ladders.refresh();
    return { body: { sessions: rows.map((row) => ladders.view(recordOf(row))) } };
  };
