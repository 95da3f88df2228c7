import type { Parts } from '../parts.ts';
import { getSnapshot } from './get-snapshot/handler.ts';
import { getSnapshotStatus } from './get-snapshot-status/handler.ts';
import { listSnapshots } from './list-snapshots/handler.ts';
import { publishSnapshot } from './publish-snapshot/handler.ts';
import { pullBackendKey } from './pull-backend-key/handler.ts';
import { pullSnapshot } from './pull-snapshot/handler.ts';
import { rollbackSnapshot } from './rollback-snapshot/handler.ts';

export const snapshotsHandlers = (parts: Parts) => ({
  listSnapshots: listSnapshots(parts),
  getSnapshot: getSnapshot(parts),
  publishSnapshot: publishSnapshot(parts),
  rollbackSnapshot: rollbackSnapshot(parts),
  getSnapshotStatus: getSnapshotStatus(parts),
  pullSnapshot: pullSnapshot(parts),
  pullBackendKey: pullBackendKey(parts),
});
