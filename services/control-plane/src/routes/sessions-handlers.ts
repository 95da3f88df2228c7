import type { Parts } from '../parts.ts';
import { getHistory } from './get-history/handler.ts';
import { getSession } from './get-session/handler.ts';
import { getSessionTree } from './get-session-tree/handler.ts';
import { getStats } from './get-stats/handler.ts';
import { listHistory } from './list-history/handler.ts';
import { listSessions } from './list-sessions/handler.ts';

export const sessionsHandlers = (parts: Parts) => ({
  listSessions: listSessions(parts),
  getSession: getSession(parts),
  getSessionTree: getSessionTree(parts),
  getStats: getStats(parts),
  listHistory: listHistory(parts),
  getHistory: getHistory(parts),
});
