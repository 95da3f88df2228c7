/** API keys: `elida_<id>_<secret>`. Only a keyed hash of the secret is kept; it is shown once, at creation. */
import { z } from 'zod';
import { OWNERS } from './backend-view.ts';
import { instant } from './page.ts';
import { ROLES } from './permission.ts';

export const keyRequest = z
  .strictObject({
    name: z.string().min(1).max(128),
    roles: z.array(z.enum(ROLES)).min(1),
    tenant: z.string().max(64).optional().describe('Default: the caller’s own; `default` for a client key'),
    principal: z.string().max(256).optional().describe('Default: key:<id>'),
    expires_at: instant.optional(),
    may_choose_backend: z.boolean().default(false).describe('x-backend is obeyed'),
    backends: z.array(z.string()).default([]).describe('Empty: all'),
  })
  .meta({ id: 'KeyRequest' });

export const keyView = z
  .object({
    id: z.string(),
    name: z.string(),
    owner: z.enum(OWNERS),
    tenant: z.string(),
    principal: z.string(),
    roles: z.array(z.string()),
    backends: z.array(z.string()),
    may_choose_backend: z.boolean(),
    created_at: instant,
    created_by: z.string(),
    expires_at: instant.nullable(),
    revoked_at: instant.nullable(),
  })
  .meta({ id: 'Key' });
export type KeyView = z.output<typeof keyView>;

export const keyCreated = keyView.extend({ key: z.string().describe('Shown this once') }).meta({ id: 'KeyCreated' });
export const keyList = z.object({ keys: z.array(keyView) });

export const whoami = z.object({
  principal: z.string(),
  tenant: z.string().describe('`*`: not confined to one'),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
  how: z.enum(['key', 'local', 'open']).describe('By key, as a local caller without one, or because all are let in'),
});
