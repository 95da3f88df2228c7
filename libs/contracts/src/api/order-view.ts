/** Orders and blocks as the API takes and shows them. */
import { z } from 'zod';
import { duration } from '../config/duration.ts';
import { SCOPES } from '../order.ts';
import { instant, nextCursor, pageQuery } from './page.ts';

export const BLOCK_MODES = ['duration', 'until', 'until_hour_change', 'permanent'] as const;
export const ORDERABLE = ['kill', 'hold', 'resume', 'terminate', 'end', 'block'] as const;

const selector = z
  .strictObject({
    scope: z.enum(SCOPES),
    id: z.string().max(512).default('').describe('Session id or display name, principal, agent …; empty for `all`'),
  })
  .refine(({ scope, id }) => (scope === 'all') === (id === ''), {
    path: ['id'],
    message: 'is needed for every scope but `all`',
  });

export const orderRequest = z
  .strictObject({
    kind: z.enum(ORDERABLE),
    selector,
    tenant: z.string().max(64).optional().describe('Only this tenant; default: the caller’s, or every tenant'),
    mode: z.enum(BLOCK_MODES).optional().describe('How long it refuses; default: `session.kill_block` of the file'),
    duration: duration.optional().describe('With mode duration: 30s, 5m, 1h30m, or milliseconds'),
    until: instant.optional().describe('With mode until'),
    reason: z.string().max(500).default('').describe('Public: the client reads it'),
    dry_run: z.boolean().default(false).describe('Say what it would meet, change nothing'),
  })
  .meta({ id: 'OrderRequest' });
export type OrderRequest = z.output<typeof orderRequest>;

export const orderReply = z
  .object({
    order_id: z.string(),
    kind: z.enum([...ORDERABLE, 'unblock']),
    selector: z.object({ scope: z.enum(SCOPES), id: z.string() }),
    tenant: z.string().describe('Empty: every tenant'),
    mode: z.enum(BLOCK_MODES),
    until: instant.nullable(),
    reason: z.string(),
    actor: z.string(),
    at: instant,
    dry_run: z.boolean(),
    sessions: z.number().int().describe('Live sessions that it fits'),
    exchanges_cut: z.number().int().describe('As the edges report; on a dry run: that would be cut'),
    edges: z.object({
      acked: z.number().int(),
      of: z.number().int(),
      missing: z.array(z.string()).describe('Edges that have not answered yet; they follow the order stream'),
    }),
    elapsed_ms: z.number(),
    durable: z.boolean().describe('False: Postgres is gone; written when it returns'),
    enforced: z
      .boolean()
      .describe('False: the session store is gone; the doorbell has cut what runs, applied on return'),
  })
  .meta({ id: 'Order' });
export type OrderReply = z.output<typeof orderReply>;

export const orderList = z.object({ orders: z.array(orderReply), next_cursor: nextCursor });

export const orderQuery = pageQuery.extend({
  kind: z.enum([...ORDERABLE, 'unblock']).optional(),
  actor: z.string().max(256).optional(),
  since: instant.optional(),
  until: instant.optional(),
});

export const blockView = z
  .object({
    id: z.string().describe('The order that set it'),
    effect: z.enum(['refuse', 'hold', 'terminate']),
    selector: z.object({ scope: z.enum(SCOPES), id: z.string() }),
    tenant: z.string(),
    mode: z.enum(BLOCK_MODES),
    until: instant.nullable().describe('null: for good'),
    reason: z.string(),
    actor: z.string(),
    at: instant,
    active: z.boolean(),
    lifted_at: instant.nullable(),
    lifted_by: z.string().nullable(),
  })
  .meta({ id: 'Block' });
export type BlockView = z.output<typeof blockView>;

export const blockList = z.object({ blocks: z.array(blockView), next_cursor: nextCursor });
export const blockQuery = pageQuery.extend({
  active: z.enum(['true', 'false', 'all']).default('true').describe('Standing ones (default), past ones, or all'),
  scope: z.enum(SCOPES).optional(),
  id: z.string().max(512).optional(),
});
export const blockEdit = z.strictObject({
  mode: z.enum(BLOCK_MODES).optional(),
  duration: duration.optional(),
  until: instant.optional(),
  reason: z.string().max(500).optional(),
});
