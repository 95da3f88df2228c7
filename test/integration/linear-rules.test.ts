/** No shipped rule can be made slow by a text: steps are counted, time is not. */
import { compileScanner } from '@elida/scan';
import { describe, expect, it } from 'vitest';
import { expressionOf } from '../harness/expression.ts';
import { harmfulText, RULE_PATTERNS, readPatterns } from '../harness/harmful-text.ts';

const LENGTH = 1_048_576;
/** Steps a character and pattern, whatever the text; the worst of today takes 1.8. */
const STEPS_MAX = 4;

describe('steps a character are bounded on 1 MiB that is made of the rule itself', () => {
  it.each(RULE_PATTERNS)('$rule', (one) => {
    const { rule, sources, view } = one;
    const scanner = compileScanner([{ id: rule, patterns: sources, view }]);
    if (!('scan' in scanner)) throw new Error(scanner.map(({ message }) => message).join('\n'));
    const found = scanner.scan(harmfulText(readPatterns(one), LENGTH));
    expect(found.length, 'the text keeps the rule busy').toBeGreaterThan(0);
    expect(scanner.steps).toBeLessThan(STEPS_MAX * sources.length * LENGTH);
  });
});

/** Short enough that no repeat reaches the bound that a pattern's `*` has here and not there. */
const PIECE = 120;

it('what is found in such texts is what expressions of the platform find, pattern by pattern', () => {
  let matching = 0;
  for (const one of RULE_PATTERNS) {
    const text = harmfulText(readPatterns(one), 131_072).replaceAll(/[^\x20-\x7e\n]/g, '-');
    const pieces = Array.from({ length: 400 }, (_, i) => text.slice(i * 300, i * 300 + PIECE + (i % 150)));
    one.sources.forEach((source, pattern) => {
      const scanner = compileScanner([{ id: one.rule, patterns: [source], view: one.view }]);
      if (!('scan' in scanner)) throw new Error(source);
      const expression = expressionOf(source, one.view === 'raw');
      for (const piece of pieces) {
        const expected = [...piece.matchAll(expression)].map(({ index }) => index);
        const found = scanner.scan(piece).map(({ start }) => start);
        matching += found.length;
        // The longest match may take in what another expression finds behind the first.
        expect(found[0], `${one.rule} ${pattern}: ${piece}`).toBe(expected[0]);
      }
    });
  }
  expect(matching).toBeGreaterThan(1_000);
});
