/** One handler per operation: a table that does not compile while one is missing. */
import type { Handlers } from '@elida/http';
import type { Parts } from '../parts.ts';
import { auditHandlers } from './audit-handlers.ts';
import { insightHandlers } from './insight-handlers.ts';
import { ordersHandlers } from './orders-handlers.ts';
import { policiesHandlers } from './policies-handlers.ts';
import { recordHandlers } from './record-handlers.ts';
import { sessionsHandlers } from './sessions-handlers.ts';
import { setupHandlers } from './setup-handlers.ts';
import { snapshotsHandlers } from './snapshots-handlers.ts';
import { watchHandlers } from './watch-handlers.ts';

export const createHandlers = (parts: Parts): Handlers => ({
  ...sessionsHandlers(parts),
  ...insightHandlers(parts),
  ...ordersHandlers(parts),
  ...setupHandlers(parts),
  ...policiesHandlers(parts),
  ...snapshotsHandlers(parts),
  ...watchHandlers(parts),
  ...recordHandlers(parts),
  ...auditHandlers(parts),
});
