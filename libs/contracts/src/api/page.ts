/** Lists come in pages: `limit`, an opaque `cursor`, and `next_cursor` (empty at the end). */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

export const instant = z.iso.datetime({ offset: true }).describe('RFC 3339; answers are UTC with milliseconds');
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/)
  .describe('Lower case letters, digits, - and _');

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIMITS.pageMax.value).default(50),
  cursor: z.string().max(512).default(''),
});

export const nextCursor = z.string().describe('Pass it as `cursor` for the next page; empty at the end');

/** Unix ms → RFC 3339, UTC, milliseconds. */
export const toInstant = (ms: number): string => new Date(ms).toISOString();
/** 0 means never. */
export const toInstantOrNull = (ms: number): string | null => (ms === 0 ? null : toInstant(ms));
