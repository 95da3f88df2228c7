import type { Parts } from '../parts.ts';
import { createKey } from './create-key/handler.ts';
import { deleteBackend } from './delete-backend/handler.ts';
import { getBackend } from './get-backend/handler.ts';
import { listBackends } from './list-backends/handler.ts';
import { listKeys } from './list-keys/handler.ts';
import { putBackend } from './put-backend/handler.ts';
import { revokeKey } from './revoke-key/handler.ts';

export const setupHandlers = (parts: Parts) => ({
  listBackends: listBackends(parts),
  getBackend: getBackend(parts),
  putBackend: putBackend(parts),
  deleteBackend: deleteBackend(parts),
  listKeys: listKeys(parts),
  createKey: createKey(parts),
  revokeKey: revokeKey(parts),
});
