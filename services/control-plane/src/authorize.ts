/** Role → permissions, as data. What is not in the table is refused. */
import { EVERY_TENANT, PERMISSIONS, type Permission, ROLES, type Role } from '@elida/contracts/api';
import type { Caller } from '@elida/http';
import { Fault } from '@elida/kernel';

const VIEW: readonly Permission[] = [
  'sessions:read',
  'orders:read',
  'blocks:read',
  'backends:read',
  'policies:read',
  'snapshots:read',
  'health:read',
];

export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: VIEW,
  analyst: [...VIEW, 'events:read', 'captures:read'],
  operator: [...VIEW, 'events:read', 'orders:write', 'blocks:write'],
  'policy-admin': [...VIEW, 'events:read', 'backends:write', 'policies:write', 'snapshots:publish'],
  // Everything but what only an edge needs: a provider's key never comes out for a person.
  owner: PERMISSIONS.filter((permission) => permission !== 'snapshot:pull'),
  edge: ['snapshot:pull', 'health:read'],
  // Callers of the proxy; nothing here.
  client: [],
};

/** What concerns every tenant can only be changed by those who are confined to none. */
const INSTALLATION_WIDE: readonly Permission[] = [
  'backends:write',
  'policies:write',
  'snapshots:publish',
  'snapshot:pull',
  'audit:read',
  'audit:write',
];

export function permissionsOf(caller: Pick<Caller, 'roles' | 'tenant'>): ReadonlySet<Permission> {
  const granted = new Set<Permission>();
  for (const role of ROLES.filter((known) => caller.roles.includes(known)))
    for (const permission of ROLE_PERMISSIONS[role])
      if (caller.tenant === EVERY_TENANT || !INSTALLATION_WIDE.includes(permission)) granted.add(permission);
  return granted;
}

/** @param access a permission, or `any`. @throws Fault not_allowed. */
export function authorize(caller: Caller, access: string): void {
  if (access === 'any') return;
  if (permissionsOf(caller).has(access as Permission)) return;
  throw new Fault('not_allowed', `this needs the permission ${access}`);
}

/**
 * The tenant that a caller's question is about: his own, or the one he asks for if he may.
 * @returns empty for every tenant. @throws Fault not_allowed.
 */
export function tenantFor(caller: Pick<Caller, 'tenant'>, asked: string | undefined): string {
  if (caller.tenant === EVERY_TENANT) return asked === undefined || asked === EVERY_TENANT ? '' : asked;
  if (asked !== undefined && asked !== caller.tenant)
    throw new Fault('not_allowed', 'this credential belongs to another tenant');
  return caller.tenant;
}

export const maySee = (caller: Pick<Caller, 'tenant'>, tenant: string): boolean =>
  caller.tenant === EVERY_TENANT || caller.tenant === tenant;
