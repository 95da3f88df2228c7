import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileGlob } from './glob.ts';

const letters = fc.array(fc.constantFrom('a', 'b', '/', '.', '-'), { maxLength: 8 }).map((list) => list.join(''));

test('a star matches any run of characters, across slashes too, as the regular expression would', () => {
  fc.assert(
    fc.property(fc.array(letters, { minLength: 1, maxLength: 4 }), letters, (parts, name) => {
      const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&'));
      expect(compileGlob(parts.join('*')).matches(name)).toBe(new RegExp(`^${escaped.join('.*')}$`).test(name));
    }),
  );
});

test('a name without a star is the most specific, then the longest literal text', () => {
  const order = ['*', 'gpt-*', 'gpt-4*', 'gpt-4o'].map((pattern) => compileGlob(pattern).specificity);
  expect([...order].sort((a, b) => a - b)).toEqual(order);
});

test('a hostile pattern with many stars stays linear', () => {
  const glob = compileGlob(`${'a*'.repeat(60)}b`);
  const started = performance.now();
  for (let round = 0; round < 1_000; round++) glob.matches('a'.repeat(256));
  expect(performance.now() - started).toBeLessThan(1_000);
});
