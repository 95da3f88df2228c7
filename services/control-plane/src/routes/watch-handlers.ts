import type { Parts } from '../parts.ts';
import { getEvent } from './get-event/handler.ts';
import { getHealth } from './get-health/handler.ts';
import { getLiveness } from './get-liveness/handler.ts';
import { getReadiness } from './get-readiness/handler.ts';
import { listEvents } from './list-events/handler.ts';
import { live } from './live/handler.ts';
import { whoami } from './whoami/handler.ts';

export const watchHandlers = (parts: Parts) => ({
  listEvents: listEvents(parts),
  getEvent: getEvent(parts),
  live: live(parts),
  whoami: whoami(),
  getHealth: getHealth(parts),
  getLiveness: getLiveness(),
  getReadiness: getReadiness(parts),
});
