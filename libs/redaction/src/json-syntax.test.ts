import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isJson } from './json-syntax.ts';

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

it('is JSON exactly where JSON.parse takes it', () => {
  const token = fc.constantFrom(
    ...[
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '"\\n"',
      '"\\u00e9"',
      '"\\x"',
      '\\',
      '0',
      '01',
      '-1.5e+3',
      '1.',
      'true',
    ],
    ...['nul', 'null', ' ', '\n', '\t', '\u0000', '\u2028', '"\u007f"', '{"a":1}', '[]', '{}', '"k":'],
  );
  const junk = fc.array(token, { maxLength: 10 }).map((tokens) => tokens.join(''));
  const nearly = fc.tuple(fc.jsonValue(), fc.nat(), token).map(([value, at, inserted]) => {
    const text = JSON.stringify(value, null, at % 3);
    return at % 2 === 0 ? text : text.slice(0, at % (text.length + 1)) + inserted + text.slice(at % (text.length + 1));
  });
  fc.assert(
    fc.property(fc.oneof(junk, nearly), (text) => {
      expect(isJson(text)).toBe(parses(text));
    }),
    { numRuns: 5_000 },
  );
});

it('depth costs no stack', () => {
  expect(isJson('['.repeat(500_000) + ']'.repeat(500_000))).toBe(true);
  expect(isJson('{"a":'.repeat(200_000))).toBe(false);
});
