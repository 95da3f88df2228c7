import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { readHeads } from '@elida/postgres';
import { checkpointViewOf } from '../../log/checkpoint-view.ts';
import { whichLog } from '../../log/which-log.ts';
import type { Parts } from '../../parts.ts';

export const listCheckpoints =
  ({ db }: Pick<Parts, 'db'>): Handler<'listCheckpoints'> =>
  async ({ query: { tenant, cursor, limit } }, { caller }) => {
    if (!/^\d{0,15}$/.test(cursor)) throw new Fault('invalid', 'query.cursor: is not one of ours');
    const log = await whichLog(db, caller, tenant);
    const heads = await readHeads(db, log, { limit: limit + 1, ...(cursor !== '' && { below: Number(cursor) }) });
    const page = heads.slice(0, limit);
    const next = heads.length > limit ? String(page.at(-1)?.size ?? '') : '';
    return { body: { checkpoints: page.map(checkpointViewOf), next_cursor: next } };
  };
