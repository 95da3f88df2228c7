/** What an order means for the store: which sessions change their own state, which row stands in the wide table. Pure. */
import type { Block, Order, Selector, SessionRecord } from '@elida/contracts';

export interface Plan {
  readonly order: Order;
  /** Sessions whose own key carries it. */
  readonly members: readonly string[];
  /** The row of the wide table that it sets. */
  readonly block: Block | null;
  /** Rows of the wide table that it lifts. */
  readonly lifts: (block: Block) => boolean;
}

const NOTHING = (): boolean => false;

export const sameSelector = (a: Selector, b: Selector): boolean => a.scope === b.scope && a.id === b.id;

const membersOf = ({ scope, id, members }: Selector): readonly string[] =>
  scope === 'session' ? [id] : scope === 'tree' ? members : [];

const blockOf = (order: Order, effect: Block['effect']): Block => {
  const { id, tenant, selector, mode, untilAt, actor, reason, at } = order;
  return { id, effect, tenant, selector, mode, untilAt, actor, reason, at };
};

export function planOf(order: Order): Plan {
  const { selector } = order;
  const members = membersOf(selector);
  switch (order.kind) {
    case 'kill':
    case 'terminate':
      // One session's own key says it; a tree needs the row too, for children that are born later.
      return {
        order,
        members,
        block: selector.scope === 'session' ? null : blockOf(order, 'refuse'),
        lifts: same(order),
      };
    case 'hold':
      return {
        order,
        members,
        block: selector.scope === 'session' ? null : blockOf(order, 'hold'),
        lifts: same(order),
      };
    case 'block':
      return { order, members: [], block: blockOf(order, 'refuse'), lifts: NOTHING };
    case 'resume':
    case 'unblock':
      return { order, members: order.kind === 'resume' ? members : [], block: null, lifts: same(order) };
    case 'end':
      return { order, members, block: null, lifts: NOTHING };
    case 'count':
      return { order, members: [], block: null, lifts: NOTHING };
  }
}

/** A later order of the same selector replaces the row of an earlier one. */
const same =
  (order: Order) =>
  (block: Block): boolean =>
    block.id !== order.id && block.tenant === order.tenant && sameSelector(block.selector, order.selector);

/** Whether a block concerns a session, as an edge sees it. */
export function covers(block: Pick<Block, 'tenant' | 'selector'>, record: SessionRecord): boolean {
  if (block.tenant !== '' && block.tenant !== record.tenant) return false;
  const { scope, id, members } = block.selector;
  switch (scope) {
    case 'session':
      return record.sid === id;
    case 'tree':
      return (
        record.sid === id || record.parent === id || members.includes(record.sid) || members.includes(record.parent)
      );
    case 'principal':
      return record.principal === id;
    case 'agent':
      return record.agent === id;
    case 'tenant':
      return record.tenant === id;
    case 'backend':
      return record.backend === id || id in record.backendsUsed;
    case 'all':
      return true;
  }
}
