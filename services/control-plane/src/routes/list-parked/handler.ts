import type { ParkedBatchView } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import { Fault } from '@elida/kernel';
import { type ParkedView, readParked } from '@elida/postgres';
import type { Parts } from '../../parts.ts';

const viewOf = (row: ParkedView): ParkedBatchView => ({
  id: row.id,
  bytes: row.bytes,
  error: row.error,
  parked_at: row.parkedAt.toISOString(),
  replay_requested_at: row.replayRequestedAt?.toISOString() ?? null,
  replayed_at: row.replayedAt?.toISOString() ?? null,
});

export const listParked =
  ({ db }: Pick<Parts, 'db'>): Handler<'listParked'> =>
  async ({ query: { all, cursor, limit } }) => {
    if (!/^\d{0,18}$/.test(cursor)) throw new Fault('invalid', 'query.cursor: is not one of ours');
    const rows = await readParked(db, {
      all: all === 'true',
      limit: limit + 1,
      ...(cursor !== '' && { beforeId: cursor }),
    });
    const page = rows.slice(0, limit);
    return { body: { parked: page.map(viewOf), next_cursor: rows.length > limit ? (page.at(-1)?.id ?? '') : '' } };
  };
