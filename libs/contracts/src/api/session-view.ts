/** A session as the API shows it. */
import { z } from 'zod';
import { SESSION_STATES, type SessionRecord } from '../session.ts';
import { modelUseView, type RiskView, riskView, tokensView, toTokensView } from './metering-view.ts';
import { instant, nextCursor, pageQuery, toInstant, toInstantOrNull } from './page.ts';

export const sessionView = z
  .object({
    id: z.string().describe('ses_…, also in the reply header x-elida-session-id'),
    incarnation: z.number().int(),
    state: z.enum(SESSION_STATES),
    display_name: z.string(),
    tenant: z.string(),
    principal: z.string(),
    agent: z.string(),
    workflow: z.string(),
    parent: z.string().nullable(),
    tags: z.record(z.string(), z.string()),
    hint_kind: z.string().describe('How the session was recognised'),
    policy: z.string(),
    backend: z.string().describe('Of the first exchange'),
    backends_used: z.record(z.string(), z.number().int()),
    client_addr: z.string(),
    edge: z.string(),
    requests: z.number().int(),
    bytes_in: z.number().int(),
    bytes_out: z.number().int(),
    tokens: tokensView,
    models: z.array(modelUseView),
    tools: z.record(z.string(), z.number().int()).describe('Calls that the models made, by name of the tool'),
    tool_calls: z.number().int(),
    violations: z.number().int().describe('Findings, each once'),
    risk: riskView,
    started_at: instant,
    last_at: instant,
    ended_at: instant.nullable(),
    end_reason: z.string().nullable(),
    duration_ms: z.number().int(),
    idle_ms: z.number().int(),
    until: instant.nullable().describe('Of a standing kill or hold; null: for good, or none stands'),
    reason: z.string(),
    actor: z.string(),
    epoch: z.number().int().describe('Grows with every change of state'),
  })
  .meta({ id: 'Session' });
export type SessionView = z.output<typeof sessionView>;

/** @param now Unix ms. @param risk where it stands now. */
export function toSessionView(record: SessionRecord, now: number, risk: RiskView): SessionView {
  const end = record.endedAt || now;
  return {
    id: record.sid,
    incarnation: record.incarnation,
    state: record.state,
    display_name: record.displayName,
    tenant: record.tenant,
    principal: record.principal,
    agent: record.agent,
    workflow: record.workflow,
    parent: record.parent || null,
    tags: { ...record.tags },
    hint_kind: record.hintKind,
    policy: record.policy,
    backend: record.backend,
    backends_used: { ...record.backendsUsed },
    client_addr: record.clientAddr,
    edge: record.edge,
    requests: record.requests,
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    tokens: toTokensView(record.tokens),
    models: record.models.map((use) => ({ ...use, tokens: toTokensView(use.tokens) })),
    tools: { ...record.toolCounts },
    tool_calls: record.toolCalls,
    violations: record.violations,
    risk,
    started_at: toInstant(record.startedAt),
    last_at: toInstant(record.lastAt),
    ended_at: toInstantOrNull(record.endedAt),
    end_reason: record.endReason || null,
    duration_ms: Math.max(0, Math.round(end - record.startedAt)),
    idle_ms: Math.max(0, Math.round(end - record.lastAt)),
    until: toInstantOrNull(record.untilAt),
    reason: record.reason,
    actor: record.actor,
    epoch: record.epoch,
  };
}

export const sessionQuery = pageQuery.extend({
  tenant: z.string().max(64).optional(),
  state: z.enum(SESSION_STATES).optional(),
  backend: z.string().max(64).optional(),
  principal: z.string().max(256).optional(),
  agent: z.string().max(256).optional(),
  parent: z.string().max(64).optional(),
  tag: z
    .string()
    .regex(/^[^=]{1,64}=.{0,512}$/, 'looks like key=value')
    .optional()
    .describe('key=value'),
  text: z.string().max(128).optional().describe('Part of the id, display name, agent or principal'),
});

export const sessionList = z.object({ sessions: z.array(sessionView), next_cursor: nextCursor });

export const sessionTree = z.object({
  root: z.string(),
  sessions: z.array(sessionView).describe('The session and its descendants, breadth first'),
});

export const sessionStats = z.object({
  total: z.number().int(),
  states: z.record(z.enum(SESSION_STATES), z.number().int()),
  edges: z.number().int(),
  inflight: z.number().int().describe('Exchanges that run now, over all edges'),
});

export const historyQuery = pageQuery.extend({
  tenant: z.string().max(64).optional(),
  id: z.string().max(64).optional(),
  state: z.enum(SESSION_STATES).optional(),
  backend: z.string().max(64).optional(),
  principal: z.string().max(256).optional(),
  since: instant.optional(),
  until: instant.optional(),
});
