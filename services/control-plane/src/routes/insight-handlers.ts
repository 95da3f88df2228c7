import type { Parts } from '../parts.ts';
import { getCapture } from './get-capture/handler.ts';
import { getSessionRisk } from './get-session-risk/handler.ts';
import { getUsage } from './get-usage/handler.ts';
import { listCaptures } from './list-captures/handler.ts';
import { listToolCalls } from './list-tool-calls/handler.ts';
import { listViolations } from './list-violations/handler.ts';

export const insightHandlers = (parts: Parts) => ({
  getSessionRisk: getSessionRisk(parts),
  listToolCalls: listToolCalls(parts),
  listViolations: listViolations(parts),
  getUsage: getUsage(parts),
  listCaptures: listCaptures(parts),
  getCapture: getCapture(parts),
});
