import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastEventEnd } from './boundary.ts';

/** The rule of the standard, line by line: behind the last empty line that is not the very first. */
function slowLastEventEnd(text: string): number {
  let end = 0;
  let lineStart = 0;
  for (let index = 0; index < text.length; index++) {
    const isLineEnd = text[index] === '\n' || (text[index] === '\r' && index + 1 < text.length);
    if (!isLineEnd) continue;
    const isEmpty = index === lineStart && lineStart > 0;
    if (text[index] === '\r' && text[index + 1] === '\n') index++;
    lineStart = index + 1;
    if (isEmpty) end = lineStart;
  }
  return end;
}

describe('events end at a blank line', () => {
  it.each([
    ['data: a\n\n', 9],
    ['data: a\r\n\r\n', 11],
    ['data: a\r\rdata', 9],
    ['data: a\r\r', 0],
    ['data: a\n\ndata: b', 9],
    ['data: a\n\ndata: b\n', 9],
    ['data: a\n\n\n', 10],
    ['data: a\r\n\n', 10],
    ['data: a\n\r\n', 10],
    ['data: a\r\n', 0],
    ['data: a', 0],
    ['', 0],
  ])('%j → %i', (text, end) => {
    expect(lastEventEnd(new TextEncoder().encode(text))).toBe(end);
  });

  it('agrees with the rule of the standard, whatever line ends are mixed', () => {
    const stream = fc.array(fc.constantFrom('data: a', '\n', '\r\n', '\r', ': c', 'e'), { maxLength: 30 });
    fc.assert(
      fc.property(stream, (parts) => {
        const text = parts.join('');
        expect(lastEventEnd(new TextEncoder().encode(text))).toBe(slowLastEventEnd(text));
      }),
      { numRuns: 5_000 },
    );
  });
});
