/** Durations as people write them: `30s`, `5m`, `1h30m`, `250ms`, or a number of milliseconds. */
import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns milliseconds, or null where the text is no duration. */
export function parseDuration(text: string): number | null {
  const parts = text.match(/\d+(?:\.\d+)?(?:ms|s|m|h|d)/g);
  if (!parts || parts.join('') !== text.replaceAll(' ', '')) return null;
  return parts.reduce((sum, part) => {
    const unit = part.replace(/^[\d.]+/, '');
    return sum + Number.parseFloat(part) * (UNIT_MS[unit] as number);
  }, 0);
}

export const duration = z.union([z.number().int().nonnegative(), z.string()]).transform((value, context) => {
  const ms = typeof value === 'number' ? value : parseDuration(value);
  if (ms === null) {
    context.addIssue({ code: 'custom', message: 'a duration looks like 30s, 5m, 1h30m or 250ms' });
    return z.NEVER;
  }
  return ms;
});
