/** A block with the kind of order that set it. */
import type { OrderKind } from '@elida/contracts';
import { Fault } from '@elida/kernel';
import type { Database } from '@elida/postgres';
import type { Kysely } from 'kysely';
import { maySee } from '../authorize.ts';
import type { BlockRow } from './rows.ts';

export type BlockOfOrder = BlockRow & { readonly kind: OrderKind };

/** @throws Fault not_found, database_unavailable. */
export async function findBlock(db: Kysely<Database>, id: string, caller: { tenant: string }): Promise<BlockOfOrder> {
  const row = await db
    .selectFrom('blocks')
    .innerJoin('control_orders', 'control_orders.id', 'blocks.id')
    .selectAll('blocks')
    .select('control_orders.kind')
    .where('blocks.id', '=', id)
    .executeTakeFirst();
  if (!row || !maySee(caller, row.tenant)) throw new Fault('not_found', `there is no block ${id}`);
  return row;
}

export const stands = (row: BlockRow, now: number): boolean =>
  row.lifted_at === null && (row.until_at === null || row.until_at.getTime() > now);

/** Carried by the session's own state, not by the wide table. */
export const isOfSessions = ({ kind, selector }: BlockOfOrder): boolean =>
  kind !== 'block' && (selector.scope === 'session' || selector.scope === 'tree');
