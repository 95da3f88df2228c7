import { snapshotToJson } from '@elida/contracts';
import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

export const pullSnapshot =
  ({ publisher }: Pick<Parts, 'publisher'>): Handler<'pullSnapshot'> =>
  async (_input, { ifNoneMatch }) => {
    const snapshot = await publisher.fetch(ifNoneMatch);
    if (!snapshot) return { unchanged: true, etag: ifNoneMatch };
    return { body: snapshotToJson(snapshot) as Record<string, unknown>, etag: snapshot.hash };
  };
