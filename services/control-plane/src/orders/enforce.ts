/** The store's part of an order. Idempotent: the same order again leaves things as they are. */
import { LIMITS, type SessionRecord } from '@elida/contracts';
import { isFault } from '@elida/kernel';
import type { SessionFilter } from '@elida/session';
import type { SessionDirectory } from '../ports.ts';
import type { Plan } from './plan.ts';

export interface Enforced {
  /** Of the wide block table after it; 0 where it did not change. */
  readonly epoch: number;
  /** Sessions as they are now. */
  readonly records: readonly SessionRecord[];
  /** False where no session could take it (e.g. resume of a terminated one). */
  readonly changed: boolean;
}

/** How many sessions an `end` of something wide reaches in one order. */
const WIDE_END_MAX = 10_000;

export const isStoreGone = (error: unknown): boolean => isFault(error) && error.code === 'store_unavailable';

/** @throws Fault store_unavailable. */
export async function enforce(store: SessionDirectory, plan: Plan): Promise<Enforced> {
  const { order, block } = plan;
  let epoch = 0;
  if (block) epoch = await store.putBlock(block);
  if (plan.block || order.kind === 'resume' || order.kind === 'unblock') epoch = (await lift(store, plan)) || epoch;
  const isWideEnd = order.kind === 'end' && plan.members.length === 0;
  const members = isWideEnd ? await membersOf(store, plan) : plan.members;
  const applied = await Promise.all(members.map((sid) => store.applyToSession(sid, order, true)));
  const known = applied.filter((one) => one !== null);
  return {
    epoch,
    records: known.map(({ record }) => record),
    changed: members.length === 0 || known.some(({ changed }) => changed),
  };
}

async function lift(store: SessionDirectory, plan: Plan): Promise<number> {
  let epoch = 0;
  for (const { id } of (await store.blocks()).blocks.filter(plan.lifts)) epoch = await store.removeBlock(id);
  return epoch;
}

/** A selector as a filter of the live listing; null where it is not one. */
function filterOf({ order: { tenant, selector } }: Pick<Plan, 'order'>): SessionFilter | null {
  const within = tenant === '' ? {} : { tenant };
  switch (selector.scope) {
    case 'principal':
      return { ...within, principal: selector.id };
    case 'agent':
      return { ...within, agent: selector.id };
    case 'backend':
      return { ...within, backend: selector.id };
    case 'tenant':
      return { tenant: selector.id };
    case 'all':
      return within;
    case 'session':
    case 'tree':
      return null;
  }
}

/** Live sessions that a wide selector fits. */
export async function membersOf(store: SessionDirectory, plan: Pick<Plan, 'order'>): Promise<string[]> {
  const filter = filterOf(plan);
  const found: string[] = [];
  if (!filter) return found;
  let cursor = '';
  do {
    const page = await store.list(filter, LIMITS.pageMax.value, cursor);
    for (const { sid, endedAt } of page.sessions) if (endedAt === 0) found.push(sid);
    cursor = page.cursor;
  } while (cursor !== '' && found.length < WIDE_END_MAX);
  return found;
}
