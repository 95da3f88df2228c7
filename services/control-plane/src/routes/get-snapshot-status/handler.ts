import { toInstant } from '@elida/contracts/api';
import type { Handler } from '@elida/http';
import type { Parts } from '../../parts.ts';

/** The version is the one that this replica knows; without the database the last known one. */
export const getSnapshotStatus =
  ({ store, publisher }: Pick<Parts, 'store' | 'publisher'>): Handler<'getSnapshotStatus'> =>
  async () => {
    const [snapshot, edges] = await Promise.all([publisher.fetch(''), store.edges()]);
    const version = snapshot?.version ?? 0;
    return {
      body: {
        version,
        hash: snapshot?.hash ?? '',
        edges: edges.map((edge) => ({
          edge: edge.edge,
          url: edge.url,
          snapshot_version: edge.snapshotVersion,
          current: edge.snapshotVersion === version,
          inflight: edge.inflight,
          draining: edge.draining,
          seen_at: toInstant(edge.at),
        })),
      },
    };
  };
