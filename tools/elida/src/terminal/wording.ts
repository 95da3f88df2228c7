/** Numbers and times as people read them. */

const STEPS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
  [1_000, 's'],
] as const;

/** 3_725_000 → `1h2m`: the two largest units. Below a second: ms. */
export function printDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`;
  const parts: string[] = [];
  let rest = ms;
  for (const [size, unit] of STEPS) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    rest -= count * size;
    if (parts.length === 2) break;
  }
  return parts.join('');
}

/** 1_536 → `1.5K`. */
export function printBytes(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)}${units[unit]}`;
}

/** 12_345 → `12.3k`, in thousands as token counts are read. */
export function printCount(count: number): string {
  const units = ['', 'k', 'M', 'G'];
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)}${units[unit]}`;
}

export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `14:03:12` in UTC: all times of the system are. */
const printClock = (instant: string): string => instant.slice(11, 19);

/** `2026-08-03 14:03:12Z`. */
export const printInstant = (instant: string | null): string =>
  instant ? `${instant.slice(0, 10)} ${printClock(instant)}Z` : '-';
