import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { findSnapshot, snapshotViewOf } from '../../publisher/snapshot-rows.ts';

export const rollbackSnapshot =
  ({ db, publisher }: Pick<Parts, 'db' | 'publisher'>): Handler<'rollbackSnapshot'> =>
  async ({ body }, { caller }) => {
    const { version, hash } = await publisher.rollBack(body.version, caller.principal, body.note);
    return { body: snapshotViewOf(await findSnapshot(db, version), version), etag: hash };
  };
