import { z } from 'zod';
import { captureList, captureView } from './capture-view.ts';
import type { Operation } from './operation.ts';
import { toolCallQuery } from './usage-view.ts';

export const CAPTURE_OPERATIONS = {
  listCaptures: {
    method: 'GET',
    path: '/api/v1/sessions/{id}/captures',
    tag: 'Captures',
    summary: 'Of which exchanges of a live or ended session request and reply are kept, newest first',
    permission: 'captures:read',
    params: z.strictObject({ id: z.string().min(1).max(256).describe('ses_…, or a display name') }),
    query: toolCallQuery,
    status: 200,
    reply: captureList,
    faults: ['not_found', 'ambiguous', 'store_unavailable', 'database_unavailable'],
  },
  getCapture: {
    method: 'GET',
    path: '/api/v1/captures/{id}',
    tag: 'Captures',
    summary: 'Request and reply of an exchange, redacted. That it was read, and by whom, is an event',
    permission: 'captures:read',
    params: z.strictObject({ id: z.uuid() }),
    status: 200,
    reply: captureView,
    faults: ['not_found', 'capture_unreadable', 'database_unavailable'],
  },
} as const satisfies Record<string, Operation>;
