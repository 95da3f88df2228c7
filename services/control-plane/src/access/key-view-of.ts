import type { KeyView } from '@elida/contracts/api';
import type { KeyRow } from './keyring.ts';

export const keyViewOf = (row: KeyRow): KeyView => ({
  id: row.id,
  name: row.name,
  owner: row.owner,
  tenant: row.tenant,
  principal: row.principal,
  roles: [...row.roles],
  backends: [...row.backends],
  may_choose_backend: row.may_choose_backend,
  created_at: row.created_at.toISOString(),
  created_by: row.created_by,
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});
