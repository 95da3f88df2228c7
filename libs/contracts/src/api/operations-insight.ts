import { z } from 'zod';
import type { Operation } from './operation.ts';
import { riskTrail } from './risk-view.ts';
import { incarnationQuery, toolCallList, toolCallQuery, usageQuery, usageReport } from './usage-view.ts';
import { violationList, violationQuery } from './violation-view.ts';

const bySession = z.strictObject({ id: z.string().min(1).max(256).describe('ses_…, or a display name') });

export const INSIGHT_OPERATIONS = {
  getSessionRisk: {
    method: 'GET',
    path: '/api/v1/sessions/{id}/risk',
    tag: 'Insight',
    summary: 'The risk score of a live or ended session: its curve and what added to it',
    permission: 'sessions:read',
    params: bySession,
    query: incarnationQuery,
    status: 200,
    reply: riskTrail,
    faults: ['not_found', 'ambiguous', 'store_unavailable', 'database_unavailable'],
  },
  listToolCalls: {
    method: 'GET',
    path: '/api/v1/sessions/{id}/tools',
    tag: 'Insight',
    summary: 'What the models of a live or ended session called, each call once, newest first',
    permission: 'events:read',
    params: bySession,
    query: toolCallQuery,
    status: 200,
    reply: toolCallList,
    faults: ['not_found', 'ambiguous', 'store_unavailable', 'database_unavailable'],
  },
  listViolations: {
    method: 'GET',
    path: '/api/v1/violations',
    tag: 'Insight',
    summary: 'What rules found, newest first',
    permission: 'events:read',
    query: violationQuery,
    status: 200,
    reply: violationList,
    faults: ['database_unavailable'],
  },
  getUsage: {
    method: 'GET',
    path: '/api/v1/usage',
    tag: 'Insight',
    summary: 'Tokens used in a span of time, by session, agent, principal, backend, model or tenant',
    permission: 'sessions:read',
    query: usageQuery,
    status: 200,
    reply: usageReport,
    faults: ['database_unavailable'],
  },
} as const satisfies Record<string, Operation>;
