/** Backends as the API takes and shows them. A key goes in and never comes out. */
import { z } from 'zod';
import { backendSchema } from '../config/file.ts';
import { instant, slug } from './page.ts';

export const OWNERS = ['file', 'api', 'kubernetes'] as const;

/** `api_key`: the key itself (kept sealed) or `secret:<name>` in the control plane's secrets folder. */
export const backendBody = backendSchema.meta({ id: 'BackendSpec' });
export type BackendBody = z.output<typeof backendBody>;

export const backendView = z
  .object({
    name: slug,
    owner: z.enum(OWNERS),
    revision: z.number().int(),
    updated_at: instant,
    url: z.string(),
    type: z.string(),
    models: z.array(z.string()),
    default: z.boolean(),
    key: z.enum(['none', 'reference', 'sealed']).describe('Where the injected key comes from'),
    headers: z.record(z.string(), z.string()),
    connections_max: z.number().int(),
    timeouts: z.object({
      connect: z.number().int(),
      headers: z.number().int(),
      idle: z.number().int(),
      total: z.number().int(),
    }),
    tls: z.object({ ca_file: z.string().optional() }),
  })
  .meta({ id: 'Backend' });
export type BackendView = z.output<typeof backendView>;
export const backendList = z.object({ backends: z.array(backendView) });
