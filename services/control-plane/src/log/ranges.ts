import type { Range } from '@elida/record';

/** The part of a range that lies within another; empty at its edge where none does. */
export function clipped({ from, to }: Range, within: Range): Range {
  const low = Math.min(Math.max(from, within.from), within.to);
  return { from: low, to: Math.max(low, Math.min(to, within.to)) };
}
