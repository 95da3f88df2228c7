import fc from 'fast-check';
import { expect, it } from 'vitest';
import { colonsIn, keysIn } from './count-keys.ts';

it('JSON has a colon a key, whatever its strings hold, and one more for each key that comes twice', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(2), (value, indent) => {
      const json = JSON.stringify(value, null, indent);
      expect(colonsIn(json)).toBe(keysIn(JSON.parse(json)));
      const doubled = `{${JSON.stringify(Object.keys(value)[0])}:":",${json.slice(1)}`;
      expect(colonsIn(doubled)).toBe(keysIn(JSON.parse(doubled)) + 1);
    }),
  );
});

it('what nests without end is read to its end', () => {
  const deep = `${'{"a":'.repeat(600)}1${'}'.repeat(600)}`;
  expect(colonsIn(deep)).toBe(600);
  expect(keysIn(JSON.parse(deep))).toBeLessThan(600);
});
