import type { Order } from '@elida/contracts';
import { orderRequest } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault, newOrderId } from '@elida/kernel';
import { findBlock, isOfSessions, stands } from '../../orders/find-block.ts';
import { planOf } from '../../orders/plan.ts';
import type { Parts } from '../../parts.ts';

export const liftBlock =
  ({ db, desk, clock }: Pick<Parts, 'db' | 'desk' | 'clock'>): Handler<'liftBlock'> =>
  async ({ params }, { caller, idempotencyKey }) => {
    const row = await findBlock(db, params.id, caller);
    const at = clock.now();
    if (!stands(row, at)) throw new Fault('conflict', 'the block no longer stands');
    if (row.effect === 'terminate') throw new Fault('conflict', 'a termination is never lifted');
    const { scope, id } = row.selector;
    if (isOfSessions(row)) {
      const request = orderRequest.parse({ kind: 'resume', selector: { scope, id } });
      return { body: await desk.give(request, caller, idempotencyKey) };
    }
    const order: Order = {
      id: newOrderId(),
      epoch: 0,
      kind: 'unblock',
      tenant: row.tenant,
      selector: row.selector,
      mode: 'permanent',
      untilAt: 0,
      actor: caller.principal,
      reason: '',
      at,
    };
    // This row and no other of the same selector.
    const plan = { ...planOf(order), lifts: (block: { id: string }) => block.id === row.id };
    const entry = { order, idempotencyKey, session: null, lifted: [row.id] };
    return { body: await desk.carryOut(plan, entry) };
  };
