/** What rules found: one line a finding, redacted. */
import { z } from 'zod';
import { instant, nextCursor, pageQuery } from './page.ts';

export const violationView = z
  .object({
    id: z.number().int().describe('Order of insertion'),
    event_id: z.string(),
    at: instant,
    tenant: z.string(),
    session: z.string(),
    incarnation: z.number().int(),
    exchange: z.string(),
    policy: z.string().describe('name@version'),
    rule_name: z.string(),
    description: z.string(),
    rule_severity: z.string().describe('As the rule says'),
    effective_severity: z.string().describe('Weighed by whose words they are'),
    source_role: z.string().describe('user, tool, assistant, system; session: nobody’s words'),
    side: z.string().describe('request, response, session'),
    message_index: z.number().int().describe('In the list of messages; −1: none'),
    place: z.string(),
    match_start: z.number().int().describe('UTF-16 offset in its text; −1: nothing was matched'),
    match_end: z.number().int(),
    hits: z.number().int(),
    matched_text: z.string().describe('Redacted, shortened'),
    value: z.number().nullable().describe('What was measured, of counters and characters'),
    category: z.string(),
    owasp_llm_2025: z.array(z.string()),
    owasp_llm_v1_1: z.array(z.string()),
    mitre_atlas: z.array(z.string()),
    action: z.string().describe('What the rule asks for'),
    observe: z.boolean(),
    enforced: z.boolean().describe('False: the policy audits'),
    points: z.number().describe('What it added to the ladder'),
    backend: z.string(),
    model: z.string(),
    agent: z.string(),
  })
  .meta({ id: 'Violation' });
export type ViolationView = z.output<typeof violationView>;

export const violationList = z.object({ violations: z.array(violationView), next_cursor: nextCursor });
export const violationQuery = pageQuery.extend({
  tenant: z.string().max(64).optional(),
  session: z.string().max(64).optional().describe('ses_…'),
  rule: z.string().max(128).optional(),
  severity: z.enum(['info', 'warning', 'critical']).optional().describe('The effective one'),
  category: z.string().max(128).optional(),
  since: instant.optional(),
  until: instant.optional(),
});
