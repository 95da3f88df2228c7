import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, patternProblem } from './custom-pattern.ts';
import { createRedactor } from './redactor.ts';

describe('a custom pattern is taken where its work is bounded', () => {
  it.each([
    ['CUST-\\d{8}', 'CUST-12345678'],
    ['INT-[A-Z0-9]{32}', `INT-${'A'.repeat(32)}`],
    ['ORD-\\d{10}', 'ORD-1234567890'],
    ['\\bACME-[0-9a-f]{4}(?:-[0-9a-f]{4})?\\b', 'ACME-12ab-34cd'],
    ['(?:alpha|beta)-\\d{1,4}', 'beta-12'],
    ['key:\\s*\\w+', 'key:  abc'],
    ['a\\.b\\-c\\@d', 'a.b-c@d'],
    ['[\\w.\\-]{3}/x', 'a.-/x'],
    ['é{2}', 'éé'],
  ])('%s', (pattern, example) => {
    expect(patternProblem(pattern)).toBeNull();
    const { redact } = createRedactor({ patterns: [{ name: 'p', pattern, replacement: '$1[X]' }] });
    expect(redact(`< ${example} >`)).toBe('< $1[X] >');
  });
});

describe('and refused with the reason where it is not', () => {
  it.each([
    ['(a+)+$', /steps/],
    ['(a|a)*b', /steps/],
    ['(?:x{1,16}y{1,16}){8}', /steps/],
    ['.*', /nothing at all/],
    ['a?', /nothing at all/],
    ['\\w+\\w+x', /steps/],
    ['(?=a)b', /look-around/],
    ['(?<!a)b', /look-around/],
    ['(?i)abc', /inline flags/],
    ['(a)\\1', /escape/],
    ['\\p{L}', /escape/],
    ['[a', /class/],
    ['[]', /class/],
    ['(a', /not closed/],
    ['a)', /no opening/],
    ['*a', /expected/],
    ['a++', /repetition follows/],
    ['a{3,2}', /repetitions/],
    ['a{1,9999}', /repetitions/],
    ['', /1 to 512/],
  ])('%s', (pattern, reason) => {
    expect(patternProblem(pattern)).toMatch(reason);
    expect(() => createRedactor({ patterns: [{ name: 'mine', pattern, replacement: '' }] })).toThrow(/mine/);
  });

  it('an upside-down range is a problem in words, not an exception', () => {
    expect(patternProblem('[z-a]')).toMatch(/range/i);
  });

  it('whatever is written, there is an answer, and what is taken means what it means as a regular expression', () => {
    const parts = [
      'a',
      'b',
      '\\d',
      '[ab]',
      '[^a]',
      '(',
      '(?:',
      ')',
      '|',
      '+',
      '*',
      '?',
      '{2}',
      '{1,3}',
      '\\.',
      '-',
      '.',
      '\\b',
    ];
    const pattern = fc.array(fc.constantFrom(...parts), { maxLength: 10 }).map((chosen) => chosen.join(''));
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '1', '.', '-'), maxLength: 20 });
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        const compiled = compilePattern(source);
        if ('problem' in compiled) return;
        expect(subject.match(compiled.expression)).toEqual(subject.match(new RegExp(source, 'gu')));
      }),
      { numRuns: 3_000 },
    );
  });
});
