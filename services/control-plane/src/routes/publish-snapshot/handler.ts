import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';
import { findSnapshot, snapshotViewOf } from '../../publisher/snapshot-rows.ts';

export const publishSnapshot =
  ({ db, publisher }: Pick<Parts, 'db' | 'publisher'>): Handler<'publishSnapshot'> =>
  async ({ body }, { caller }) => {
    const { version, hash } = await publisher.publish(caller.principal, body.note);
    return { body: snapshotViewOf(await findSnapshot(db, version), version), etag: hash };
  };
