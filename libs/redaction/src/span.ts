/** A place in a text and what goes there instead. Offsets are UTF-16 units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

/** Finds every occurrence, left to right, without overlaps, in time linear in the text. */
export type Detector = (text: string, found: Span[]) => void;

/**
 * Puts the replacements in. Where two overlap, the one that starts first counts (of equals the one found first, and
 * detectors run in order of precedence); what the other has beyond it is replaced as well: nothing shows through.
 */
export function replaceSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  const ordered = spans.length === 1 ? spans : [...spans].sort((a, b) => a.start - b.start);
  let out = '';
  let done = 0;
  for (const span of ordered) {
    if (span.end <= done) continue;
    out += text.slice(done, Math.max(span.start, done)) + span.replacement;
    done = span.end;
  }
  return out + text.slice(done);
}
