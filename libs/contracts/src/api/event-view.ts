/** Audit events and the live stream. */
import { z } from 'zod';
import { instant, nextCursor, pageQuery } from './page.ts';

export const eventView = z
  .object({
    id: z.number().int().describe('Order of insertion'),
    event_id: z.string(),
    type: z.string(),
    tenant: z.string(),
    session: z.string(),
    incarnation: z.number().int(),
    severity: z.string(),
    producer: z.string(),
    seq: z.number().int(),
    occurred_at: instant,
    received_at: instant,
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });
export type EventView = z.output<typeof eventView>;

export const eventList = z.object({ events: z.array(eventView), next_cursor: nextCursor });
export const eventQuery = pageQuery.extend({
  tenant: z.string().max(64).optional(),
  session: z.string().max(64).optional(),
  type: z.string().max(64).optional(),
  severity: z.string().max(16).optional(),
  since: instant.optional(),
  until: instant.optional(),
});

export const LIVE_TOPICS = ['sessions', 'events', 'orders'] as const;
export type LiveTopic = (typeof LIVE_TOPICS)[number];

export const liveQuery = z.strictObject({
  topics: z
    .string()
    .default(LIVE_TOPICS.join(','))
    .refine((text) => text.split(',').every((topic) => (LIVE_TOPICS as readonly string[]).includes(topic)), {
      message: `is a list of ${LIVE_TOPICS.join(', ')}`,
    })
    .describe('Separated by commas'),
  last_event_id: z.string().max(64).optional().describe('Like the header Last-Event-ID'),
});

/** `event:` of each message; `data` by topic: Session, Event, Order. `reset`: what you missed is gone, read anew. */
export const liveMessage = z
  .object({
    id: z.string(),
    topic: z.enum([...LIVE_TOPICS, 'reset']),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'LiveMessage' });
export type LiveMessage = z.output<typeof liveMessage>;
