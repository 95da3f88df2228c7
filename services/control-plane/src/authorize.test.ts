import { OPERATION_NAMES, OPERATIONS, PERMISSIONS, type Permission, ROLES, type Role } from '@elida/contracts/api';
import { describe, expect, it } from 'vitest';
import { maySee, permissionsOf, ROLE_PERMISSIONS, tenantFor } from './authorize.ts';

const V: readonly Permission[] = [
  'backends:read',
  'blocks:read',
  'health:read',
  'orders:read',
  'policies:read',
  'sessions:read',
  'snapshots:read',
];
/** Written out, so that a slip in the table shows. */
const EXPECTED: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: V,
  analyst: [...V, 'events:read', 'captures:read'],
  operator: [...V, 'events:read', 'orders:write', 'blocks:write'],
  'policy-admin': [...V, 'events:read', 'backends:write', 'policies:write', 'snapshots:publish'],
  owner: [
    ...V,
    'events:read',
    'captures:read',
    'record:export',
    'audit:read',
    'audit:write',
    'orders:write',
    'blocks:write',
    'backends:write',
    'policies:write',
    'snapshots:publish',
    'keys:read',
    'keys:write',
  ],
  edge: ['snapshot:pull', 'health:read'],
  client: [],
};

describe('roles', () => {
  const cells = ROLES.flatMap((role) => PERMISSIONS.map((permission) => [role, permission] as const));
  it.each(cells)('%s × %s is as the table says, and nothing else is granted', (role, permission) => {
    const granted = permissionsOf({ roles: [role], tenant: '*' }).has(permission);
    expect(granted).toBe(EXPECTED[role].includes(permission));
    expect(ROLE_PERMISSIONS[role].includes(permission)).toBe(granted);
  });

  it('gives nothing to a role that nobody knows', () => {
    expect(permissionsOf({ roles: ['root', '__proto__', 'constructor'], tenant: '*' }).size).toBe(0);
  });

  it('keeps those of one tenant from changing what concerns every tenant', () => {
    const owner = permissionsOf({ roles: ['owner', 'policy-admin', 'edge'], tenant: 'acme' });
    for (const permission of [
      'backends:write',
      'policies:write',
      'snapshots:publish',
      'snapshot:pull',
      'audit:read',
      'audit:write',
    ] as const)
      expect(owner.has(permission)).toBe(false);
    expect(owner.has('orders:write')).toBe(true);
  });

  it('every permission guards an operation, every operation has one', () => {
    const used = new Set(OPERATION_NAMES.map((name) => OPERATIONS[name].permission as string));
    for (const permission of PERMISSIONS) expect(used.has(permission), permission).toBe(true);
  });
});

describe('tenants', () => {
  it('a confined caller asks about his own and nobody else’s', () => {
    expect(tenantFor({ tenant: 'acme' }, undefined)).toBe('acme');
    expect(tenantFor({ tenant: 'acme' }, 'acme')).toBe('acme');
    expect(() => tenantFor({ tenant: 'acme' }, 'other')).toThrow('not_allowed');
    expect(() => tenantFor({ tenant: 'acme' }, '*')).toThrow('not_allowed');
    expect(maySee({ tenant: 'acme' }, 'other')).toBe(false);
  });

  it('an unconfined caller asks about all, or one', () => {
    expect(tenantFor({ tenant: '*' }, undefined)).toBe('');
    expect(tenantFor({ tenant: '*' }, 'acme')).toBe('acme');
    expect(maySee({ tenant: '*' }, 'acme')).toBe(true);
  });
});
