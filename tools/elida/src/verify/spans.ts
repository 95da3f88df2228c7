/** Sets of leaves as spans, `to` excluded, in order. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What of `span` none of `covers` covers. */
export function uncovered(span: Span, covers: readonly Span[]): Span[] {
  const left: Span[] = [];
  let at = span.from;
  for (const cover of [...covers].sort((a, b) => a.from - b.from)) {
    if (cover.to <= at || cover.from >= span.to) continue;
    if (cover.from > at) left.push({ from: at, to: cover.from });
    at = Math.max(at, cover.to);
  }
  if (at < span.to) left.push({ from: at, to: span.to });
  return left;
}

export const lengthOf = (spans: readonly Span[]): number => spans.reduce((sum, { from, to }) => sum + to - from, 0);

export const contains = (spans: readonly Span[], index: number): boolean =>
  spans.some(({ from, to }) => index >= from && index < to);
