/** Health that checks what it claims, and the problem+json of errors (RFC 9457). */
import { z } from 'zod';
import { instant } from './page.ts';

export const CHECKS = ['postgres', 'store', 'bus', 'edges'] as const;

export const healthView = z
  .object({
    status: z.enum(['ok', 'degraded', 'down']),
    version: z.string(),
    time: instant,
    checks: z.record(z.enum(CHECKS), z.object({ ok: z.boolean(), detail: z.string(), elapsed_ms: z.number() })),
  })
  .meta({ id: 'Health' });
export type HealthView = z.output<typeof healthView>;

export const liveness = z.object({ status: z.literal('ok') });

/** `layer` of policies: in which of the documents that make one; line and column from 1, where the body was a text. */
export const fieldError = z
  .object({
    path: z.string(),
    message: z.string(),
    layer: z.string().optional(),
    line: z.number().int().optional(),
    column: z.number().int().optional(),
  })
  .meta({ id: 'FieldError' });
export type FieldError = z.output<typeof fieldError>;

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    request_id: z.string(),
    errors: z.array(fieldError),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof problem>;
