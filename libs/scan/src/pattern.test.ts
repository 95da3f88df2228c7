import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPattern, compileTables } from './compile.ts';
import { readPattern } from './pattern.ts';
import { rawView } from './views/raw-view.ts';

describe('a pattern is taken', () => {
  it.each([
    ['ignore', 6, 6],
    ['a{2}b?@', 3, 4],
    ['x+@', 2, 257],
    ['(?:ab|c)@{3}', 4, 5],
    ['(a+)+@', 2, 257],
    ['(?i)AKIA', 4, 4],
    ['(?i:ab)@', 3, 3],
    ['\\bkey\\b', 3, 3],
    ['[^a]@', 2, 3],
    ['😀@', 3, 3],
    ['\\"\\-\\#key', 6, 6],
    ['(?<name>key)', 3, 3],
    ['key{1,2}?', 3, 4],
    ['^key$', 3, 3],
    ['\\p{Lu}key', 4, 5],
  ])('%s', (source, minLength, maxLength) => {
    expect(checkPattern(source, 'raw')).toMatchObject({ minLength, maxLength });
  });
});

describe('and refused with the reason and the place', () => {
  it.each([
    ['abc(?=d)', 3, /look-around/],
    ['(?<!a)b', 0, /look-around/],
    ['(key)\\1', 5, /back-reference/],
    ['key(', 4, /unterminated group/],
    ['key[b-a]', 7, /out of order/],
    ['"\\"[b-a]', 7, /out of order/],
    ['(?i)key[b-a]', 11, /out of order/],
    ['*a', 1, /nothing to repeat/],
    ['a*', 0, /nothing at all/],
    ['\\b', 0, /nothing at all/],
    ['key.{1,5000}', 4, /repeats/],
    ['key(?:.{1,4000}){3}', 0, /long/],
    ['key(?:a+b+)+', 0, /long/],
    ['key(?:a{90}|b{90}|c{90}|d{90}){60}', 0, /steps/],
    ['[a&&b]key[]', 9, /nothing in this view/],
    ['', 0, /1 to/],
    ['\\w+', 0, /no literal/],
    ['the', 0, /^$/],
  ])('%s', (source, at, reason) => {
    const problem = checkPattern(source, 'raw');
    if (source === 'the') expect(problem).not.toHaveProperty('message');
    else expect(problem).toMatchObject({ at, message: expect.stringMatching(reason) });
  });

  it('a rule set with problems names them all and compiles nothing', () => {
    const problems = compileTables([
      { id: 'good', patterns: ['ignore'] },
      { id: 'bad', patterns: ['ignore', 'a(?=b)', '('] },
    ]);
    expect(problems).toMatchObject([
      { rule: 'bad', pattern: 1, at: 1 },
      { rule: 'bad', pattern: 2 },
    ]);
  });

  it('whatever is written, there is an answer, and no pattern that the platform refuses is taken', () => {
    const part = fc.constantFrom(...'ab(?:)|[]^{}1,2*+\\-.$dwsbpu=!<>k&'.split(''), '(?i)', '\\d', '{2}', '\\u{1F600}');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const source = parts.join('');
        const read = readPattern(source, rawView);
        if ('message' in read) {
          expect(read.at).toBeGreaterThanOrEqual(0);
          expect(read.at).toBeLessThanOrEqual(source.length);
        } else expect(() => new RegExp(source.replace(/^\(\?[ims]+\)/, ''))).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
  });
});
