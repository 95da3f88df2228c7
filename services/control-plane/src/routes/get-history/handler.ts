import { toSessionView } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { tenantFor } from '../../authorize.ts';
import type { Parts } from '../../parts.ts';
import { historyOf, inOrder } from '../../record/history.ts';

const MAX = 500;

export const getHistory =
  ({ db, clock }: Pick<Parts, 'db' | 'clock'>): Handler<'getHistory'> =>
  async ({ params }, { caller }) => {
    const rows = await inOrder(historyOf(db, { tenant: tenantFor(caller, undefined), id: params.id }))
      .limit(MAX)
      .execute();
    if (rows.length === 0) throw new Fault('not_found', `no incarnation of ${params.id} has ended`);
    return { body: { sessions: rows.map(({ record }) => toSessionView(record, clock.now())) } };
  };
