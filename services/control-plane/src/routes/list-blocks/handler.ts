import type { Handler } from '@elida/http';
import { sql } from 'kysely';
import { tenantFor } from '../../authorize.ts';
import { blockViewOf } from '../../orders/rows.ts';
import type { Parts } from '../../parts.ts';
import { afterTimed, timedCursor } from '../../record/timed-cursor.ts';

export const listBlocks =
  ({ db, clock }: Pick<Parts, 'db' | 'clock'>): Handler<'listBlocks'> =>
  async ({ query }, { caller }) => {
    const { limit, cursor, active, scope, id } = query;
    const tenant = tenantFor(caller, undefined);
    const now = clock.now();
    const stands = sql<boolean>`lifted_at is null and (until_at is null or until_at > ${new Date(now)})`;
    const rows = await db
      .selectFrom('blocks')
      .selectAll()
      .$if(tenant !== '', (rest) => rest.where('tenant', '=', tenant))
      .$if(active === 'true', (rest) => rest.where(stands))
      .$if(active === 'false', (rest) => rest.where(sql<boolean>`not (${stands})`))
      .$if(scope !== undefined, (rest) => rest.where(sql<boolean>`selector->>'scope' = ${scope ?? ''}`))
      .$if(id !== undefined, (rest) => rest.where(sql<boolean>`selector->>'id' = ${id ?? ''}`))
      .$if(cursor !== '', (rest) => rest.where(afterTimed(cursor)))
      .orderBy('at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    return { body: { blocks: page.map((row) => blockViewOf(row, now)), next_cursor: timedCursor(rows, limit) } };
  };
