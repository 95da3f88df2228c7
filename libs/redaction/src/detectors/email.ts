/** Addresses, found from their @: at most 64 characters before it (RFC 5321 §4.5.3.1.1) and 255 behind. */
import type { Detector } from '../span.ts';
import { behindEscape, isAlphanumeric, runEnd } from './characters.ts';

// . _ % + -
const isLocal = (code: number): boolean =>
  isAlphanumeric(code) || code === 46 || code === 95 || code === 37 || code === 43 || code === 45;
const isDomain = (code: number): boolean => isAlphanumeric(code) || code === 46 || code === 45;

const TOP_LEVEL = /^(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,59})$/;

/** @returns the end of a domain name that begins at `start`, or `start` where there is none. */
function domainEnd(text: string, start: number): number {
  const end = runEnd(text, start, isDomain, Math.min(text.length, start + 255));
  const run = text.slice(start, end);
  if (!run.includes('.')) return start;
  // A full stop behind an address ends the sentence; numbers behind it are something else.
  const labels = run.split('.');
  while (labels.length > 0 && !TOP_LEVEL.test(labels.at(-1) ?? '')) labels.pop();
  const name = labels.join('.');
  return labels.length > 1 && !name.startsWith('.') ? start + name.length : start;
}

export const findEmails: Detector = (text, found) => {
  let from = 0;
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    const least = Math.max(from, at - 64);
    let start = at;
    while (start > least && isLocal(text.charCodeAt(start - 1))) start--;
    start = behindEscape(text, start);
    if (start >= at) continue;
    const end = domainEnd(text, at + 1);
    if (end === at + 1) continue;
    found.push({ start, end, replacement: '[REDACTED_EMAIL]' });
    from = end;
  }
};
