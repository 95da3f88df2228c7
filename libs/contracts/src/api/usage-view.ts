/** Who used how many tokens, and who called what. */
import { z } from 'zod';
import { tokensView } from './metering-view.ts';
import { instant, nextCursor, pageQuery } from './page.ts';

const USAGE_BY = ['session', 'agent', 'principal', 'backend', 'model', 'tenant'] as const;
export type UsageBy = (typeof USAGE_BY)[number];

export const usageQuery = z.strictObject({
  by: z.enum(USAGE_BY),
  tenant: z.string().max(64).optional(),
  since: instant.optional().describe('Default: a day before `until`'),
  until: instant.optional().describe('Default: now'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

const sums = z.object({ exchanges: z.number().int().describe('With tokens'), tokens: tokensView });

export const usageReport = z
  .object({
    by: z.enum(USAGE_BY),
    since: instant,
    until: instant,
    total: sums,
    groups: z.number().int().describe('How many there are; `usage` has the largest of them'),
    usage: z.array(sums.extend({ key: z.string() })).describe('Most tokens first'),
  })
  .meta({ id: 'Usage' });
export type UsageReport = z.output<typeof usageReport>;

export const toolCallView = z
  .object({
    id: z.number().int().describe('Order of insertion'),
    event_id: z.string(),
    at: instant,
    session: z.string(),
    incarnation: z.number().int(),
    exchange: z.string(),
    tool_name: z.string(),
    namespace: z.string(),
    tool_call_id: z.string(),
    kind: z.string(),
    arguments: z.string().describe('Redacted, shortened'),
    backend: z.string(),
    model: z.string(),
    agent: z.string(),
  })
  .meta({ id: 'ToolCall' });
export type ToolCallView = z.output<typeof toolCallView>;

export const toolCallList = z.object({ tool_calls: z.array(toolCallView), next_cursor: nextCursor });
export const toolCallQuery = pageQuery.extend({
  incarnation: z.coerce.number().int().min(1).optional().describe('Default: the last one'),
});
export const incarnationQuery = z.strictObject({ incarnation: toolCallQuery.shape.incarnation });
