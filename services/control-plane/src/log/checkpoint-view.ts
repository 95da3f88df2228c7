import type { CheckpointView } from '@elida/contracts/api';
import type { LogHead } from '@elida/postgres';

export const checkpointViewOf = ({ size, root, at, note }: LogHead): CheckpointView => ({
  size,
  root: root.toString('base64'),
  at: at.toISOString(),
  note,
});
