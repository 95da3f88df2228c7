import type { Handler } from '@elida/http';
import { findBlock } from '../../orders/find-block.ts';
import { blockViewOf } from '../../orders/rows.ts';
import type { Parts } from '../../parts.ts';

export const getBlock =
  ({ db, clock }: Pick<Parts, 'db' | 'clock'>): Handler<'getBlock'> =>
  async ({ params }, { caller }) => ({ body: blockViewOf(await findBlock(db, params.id, caller), clock.now()) });
