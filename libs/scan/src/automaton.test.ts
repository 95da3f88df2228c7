import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Automaton, eightHits } from './automaton.ts';

const LITERALS = ['abab', 'ba', 'a b', 'b a b', 'c', 'bbbbbbbbbbbb', 'abc '];
const automaton = new Automaton(LITERALS.map((text) => ({ text, owner: text })));

/** In pieces of `size`, the state carried from one to the next. */
function hitsIn(text: string, size: number): { found: string[]; state: number } {
  const found: string[] = [];
  let state = 0;
  for (let at = 0; at < text.length; at += size) {
    const piece = text.slice(at, at + size);
    const columns = new Uint8Array(piece.length);
    automaton.encode(
      Uint16Array.from(piece, (one) => one.charCodeAt(0)),
      0,
      piece.length,
      columns,
    );
    const hits = eightHits();
    state = automaton.scan(columns, piece.length, at, state, hits);
    for (const { list, length } of hits) {
      for (let i = 0; i < length; i += 2) {
        for (const owner of automaton.owners(list[i + 1] ?? 0)) found.push(`${list[i]} ${owner}`);
      }
    }
  }
  return { found, state };
}

/** White space counts once: a literal ends where it ends in the text with each run made one. */
function naive(text: string): string[] {
  const found: string[] = [];
  const folded = text.toLowerCase();
  for (const literal of LITERALS) {
    for (let end = 1; end <= text.length; end++) {
      const collapsed = folded.slice(0, end).replaceAll(/\s+/g, ' ');
      const again = /\s\s$/.test(folded.slice(0, end));
      if (collapsed.endsWith(literal) && !again) found.push(`${end} ${literal}`);
    }
  }
  return found;
}

describe('the automaton', () => {
  const piece = fc.constantFrom('a', 'b', 'A', 'ab', 'c', ' ', '  ', '\n', 'bbbb', 'x', 'é', ' '.repeat(30));
  const text = fc.array(piece, { minLength: 0, maxLength: 60 }).map((parts) => parts.join(''));

  it('finds every literal where it ends, and only once however much white space follows', () => {
    fc.assert(
      fc.property(text, (subject) => {
        expect(hitsIn(subject, 1_000).found.toSorted()).toEqual(naive(subject).toSorted());
      }),
    );
  });

  it('finds the same eighths side by side as in short pieces, and ends in the same state', () => {
    const long = fc.array(piece, { minLength: 600, maxLength: 900 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(long, (subject) => {
        const { found, state } = hitsIn(subject, subject.length);
        expect({ found, state }).toEqual(hitsIn(subject, 100));
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });
});
