/** Who may do what, in words. Which role has which permission is data of services/control-plane (authorize.ts). */
export const ROLES = ['viewer', 'analyst', 'operator', 'policy-admin', 'owner', 'edge', 'client'] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  'sessions:read',
  'orders:read',
  'orders:write',
  'blocks:read',
  'blocks:write',
  'events:read',
  'captures:read',
  'record:export',
  'audit:read',
  'audit:write',
  'backends:read',
  'backends:write',
  'policies:read',
  'policies:write',
  'snapshots:read',
  'snapshots:publish',
  'keys:read',
  'keys:write',
  'health:read',
  'snapshot:pull',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** The tenant of a credential that is not confined to one. No tenant can have this name. */
export const EVERY_TENANT = '*';
