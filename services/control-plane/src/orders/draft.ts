/** From what somebody asks to an order that may be given: whom, until when, and whether the state table lets it. */
import type { Order, SessionRecord } from '@elida/contracts';
import type { OrderRequest } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { type Clock, Fault, newOrderId } from '@elida/kernel';
import { nextState } from '@elida/session';
import type { SessionDirectory } from '../ports.ts';
import type { SessionFinder } from '../session-finder.ts';
import { covers } from './plan.ts';
import { whomOf } from './whom.ts';
import { type WindowDefaults, windowOf } from './window.ts';

export interface Draft {
  readonly order: Order;
  /** The session, where it is about one and the store could be asked. */
  readonly session: SessionRecord | null;
}

export interface DrafterParts {
  readonly store: SessionDirectory;
  readonly finder: SessionFinder;
  readonly clock: Clock;
  readonly windows: WindowDefaults;
}

export class Drafter {
  readonly #parts: DrafterParts;

  constructor(parts: DrafterParts) {
    this.#parts = parts;
  }

  /** @throws Fault not_found, not_allowed, ambiguous, invalid. */
  async draft(request: OrderRequest, caller: Caller): Promise<Draft> {
    const { store, finder, clock, windows } = this.#parts;
    const { selector, tenant, session } = await whomOf(store, finder, request, caller);
    const at = clock.now();
    const { mode, untilAt } = windowOf(request, windows, at);
    const { kind, reason } = request;
    const actor = caller.principal;
    return { order: { id: newOrderId(), epoch: 0, kind, tenant, selector, mode, untilAt, actor, reason, at }, session };
  }

  /** What the state table would refuse, or what would not help, is said before anything is written. @throws Fault conflict. */
  async check({ order: { kind, selector }, session }: Draft): Promise<void> {
    if (!session || selector.scope !== 'session') return;
    if (kind === 'block' || kind === 'unblock' || kind === 'count') return;
    const isOver = session.endedAt > 0 && kind !== 'terminate';
    if (isOver || !nextState(session.state, kind)) throw new Fault('conflict', `the session is ${session.state}`);
    if (kind !== 'resume') return;
    const { blocks } = await this.#parts.store.blocks();
    const other = blocks.find((block) => covers(block, session));
    if (!other) return;
    const what = `${other.selector.scope} ${other.selector.id}`.trim();
    throw new Fault('conflict', `block ${other.id} (${what}) still covers the session: lift that`);
  }
}
