import type { Order } from '@elida/contracts';
import { EVERY_TENANT } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault, newOrderId } from '@elida/kernel';
import { enforce } from '../../orders/enforce.ts';
import { findBlock, isOfSessions, stands } from '../../orders/find-block.ts';
import { planOf } from '../../orders/plan.ts';
import { blockOfRow, blockViewOf, orderData, orderOfRow } from '../../orders/rows.ts';
import { windowFor } from '../../orders/window.ts';
import type { Parts } from '../../parts.ts';

/** Changes until when it stands, or why; the row keeps its id. The store first: a row must not promise what is not so. */
export const editBlock =
  ({ db, store, journal, clock }: Pick<Parts, 'db' | 'store' | 'journal' | 'clock'>): Handler<'editBlock'> =>
  async ({ params, body }, { caller }) => {
    const row = await findBlock(db, params.id, caller);
    const now = clock.now();
    if (!stands(row, now)) throw new Fault('conflict', 'the block no longer stands');
    if (row.effect === 'terminate') throw new Fault('conflict', 'a termination cannot be changed');
    const isWindow = body.mode !== undefined || body.duration !== undefined || body.until !== undefined;
    const kept = { mode: row.mode, untilAt: row.until_at?.getTime() ?? 0 };
    const { mode, untilAt } = isWindow ? windowFor(body, { mode: row.mode, ms: 0 }, now) : kept;
    const changed = {
      ...row,
      mode,
      until_at: untilAt === 0 ? null : new Date(untilAt),
      reason: body.reason ?? row.reason,
    };
    await db.transaction().execute(async (tx) => {
      const current = await tx
        .selectFrom('blocks')
        .select('lifted_at')
        .where('id', '=', row.id)
        .forUpdate()
        .executeTakeFirst();
      if (!current || current.lifted_at) throw new Fault('conflict', 'the block no longer stands');
      await reach(row.kind, changed);
      const { until_at, reason } = changed;
      await tx.updateTable('blocks').set({ mode, until_at, reason }).where('id', '=', row.id).execute();
    });
    const order = { ...orderOf(row.kind, changed), id: row.id, actor: caller.principal };
    await journal.write(async (_tx, { note }) =>
      note('block_set', { tenant: row.tenant || EVERY_TENANT, session: '', incarnation: 0 }, orderData(order)),
    );
    return { body: blockViewOf(changed, now) };

    async function reach(kind: Order['kind'], block: typeof changed): Promise<void> {
      if (!isOfSessions(row) || row.selector.scope === 'tree') await store.putBlock(blockOfRow(block));
      if (!isOfSessions(row)) return;
      const { members } = planOf(orderOf(kind, block));
      // A new id: the store takes each order once.
      const again = { ...orderOf(kind, block), id: newOrderId() };
      await enforce(store, { ...planOf(again), block: null, members });
    }
  };

const orderOf = (kind: Order['kind'], row: Parameters<typeof blockOfRow>[0]): Order =>
  orderOfRow({ ...row, kind, idempotency_key: null, applied_at: null, result: null });
