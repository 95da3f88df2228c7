/** Requests and replies that are kept. What they say is redacted, and only shown to who may read it. */
import { z } from 'zod';
import { instant, nextCursor } from './page.ts';

const omitted = z.string().describe('Why there is no text: binary, unread, unredactable; empty: there is');
const truncated = z.boolean().describe('More of it passed');

export const captureSummary = z
  .object({
    id: z.string(),
    at: instant,
    tenant: z.string(),
    session: z.string(),
    incarnation: z.number().int(),
    exchange: z.string(),
    flagged: z.boolean().describe('A rule found something in it'),
    request_bytes: z.number().int().describe('As they came'),
    response_bytes: z.number().int(),
    truncated,
    withheld: z.boolean().describe('A rule ended the reply: more is kept than the client got'),
    frames: z.number().int().describe('Messages of a WebSocket'),
  })
  .meta({ id: 'CaptureSummary' });
export type CaptureSummary = z.output<typeof captureSummary>;

const body = z.object({
  text: z.string(),
  bytes: z.number().int(),
  truncated,
  omitted,
});

export const captureView = z
  .object({
    id: z.string(),
    at: instant,
    tenant: z.string(),
    session: z.string(),
    incarnation: z.number().int(),
    exchange: z.string(),
    flagged: z.boolean(),
    method: z.string(),
    path: z.string(),
    model: z.string(),
    status: z.number().int().describe('That the client saw; 0: none'),
    outcome: z.string(),
    request: body.describe('As the provider got it'),
    response: body.describe('As the client got it; of an event stream without text'),
    texts: z
      .array(
        z.object({ kind: z.string(), index: z.number().int(), part: z.number().int(), text: z.string(), truncated }),
      )
      .describe('What the provider said, put together to the end, also where a rule withheld it'),
    calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string(), truncated })),
    withheld: z.boolean(),
    frames: z.array(
      z.object({
        from: z.enum(['client', 'provider']),
        at_ms: z.number().int().describe('Since the exchange began'),
        kind: z.enum(['text', 'binary']),
        bytes: z.number().int(),
        text: z.string(),
        truncated,
      }),
    ),
    frames_left_out: z.number().int(),
  })
  .meta({ id: 'Capture' });
export type CaptureView = z.output<typeof captureView>;

export const captureList = z.object({ captures: z.array(captureSummary), next_cursor: nextCursor });
