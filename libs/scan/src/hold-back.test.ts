import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPEAT_UNBOUNDED } from './limits.ts';
import type { Finding } from './reading.ts';
import { compileScanner, type Scanner } from './scanner.ts';

function scannerOf(...patterns: string[]): Scanner {
  const compiled = compileScanner(patterns.map((pattern) => ({ id: pattern, patterns: [pattern], hold: true })));
  if (!('scan' in compiled)) throw new Error(JSON.stringify(compiled));
  return compiled;
}

/** What is held after each piece. */
function heldOver(scanner: Scanner, ...pieces: string[]): string[] {
  const stream = scanner.open();
  let text = '';
  return pieces.map((piece) => {
    text += piece;
    return text.slice(stream.push(piece).releasable);
  });
}

describe('a stream goes on at once', () => {
  const scanner = scannerOf(
    '\\bignore\\s+(?:all\\s+)?previous',
    '[a-z.]{1,64}@[a-z]{1,20}\\.com',
    'sk-[A-Za-z0-9]{20,40}',
  );

  it('but for what a rule may still be about', () => {
    expect(heldOver(scanner, 'Please ', 'ign', 'ite ', 'ignore ', 'it.')).toEqual(['', 'ign', '', 'ignore ', 'it.']);
    expect(heldOver(scanner, 'a sk', '-ab', ' 9')).toEqual(['sk', 'sk-ab', '']);
    expect(heldOver(scanner, 'x ', 'design', ' ')).toEqual(['', 'design', '']);
    expect(heldOver(scanner, 'I WALK 99 ')).toEqual(['']);
  });

  it('and rules that forbid nothing hold nothing', () => {
    const flags = compileScanner([{ id: 'a', patterns: ['ignore'] }]);
    if ('scan' in flags) expect(heldOver(flags, 'ign')).toEqual(['']);
  });

  it('half of a surrogate pair waits for the other half', () => {
    expect(heldOver(scanner, '1 \ud83d', '\ude00 ')).toEqual(['\ud83d', '']);
  });

  it('what is held is no longer than the longest match, where nothing was found', () => {
    const long = scannerOf('begin[a-z @]{0,40}end', '[a-z]{1,30}@x');
    const piece = fc.constantFrom('begin', 'e', 'en', ' ', 'abcdefghij', 'b', '@', '\u200b', 'é');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const stream = long.open();
        let text = '';
        let found = 0;
        for (const one of pieces) {
          text += one;
          const { findings, releasable } = stream.push(one);
          found += findings.length;
          const held = [...text.slice(releasable)].filter((unit) => unit !== '\u200b').length;
          if (found === 0 && !/begin.*end|@x/s.test(text.replaceAll('\u200b', '')))
            expect(held).toBeLessThanOrEqual(48);
        }
      }),
    );
  });
});

describe('a match is told when nothing can change it', () => {
  it('a later literal may still belong to one that began before it', () => {
    const scanner = scannerOf('b@|a.{0,5}@@');
    const stream = scanner.open();
    expect(stream.push('a b@ ').findings).toEqual([]);
    expect([...stream.push('@@').findings, ...stream.end().findings]).toMatchObject([{ start: 0, end: 7 }]);
  });

  it('and at once where nothing can', () => {
    const stream = scannerOf('key-\\d{4}').open();
    expect(stream.push('a key-1234').findings).toEqual([]);
    expect(stream.push(' ').findings).toMatchObject([{ start: 2, end: 10 }]);
  });
});

describe('long texts', () => {
  const patterns = ['begin\\s+(?:the\\s+)?end', 'x{3,9}@', '\\bkey-\\d{4}\\b', 'a.{0,30}@@'];
  const scanner = scannerOf(...patterns);
  const word = fc.constantFrom(
    'begin',
    'the',
    'end',
    ' ',
    '\n',
    'xxxx@',
    'key-1234',
    'key-12345',
    'a',
    '@@',
    'prose and code, ',
    'é',
  );
  const gap = fc.constantFrom(
    ' '.repeat(REPEAT_UNBOUNDED),
    ' '.repeat(40_000),
    'lorem ipsum '.repeat(3_000),
    'xxx'.repeat(300),
  );

  /** None of the patterns can end in two ways from one start but the last, which is as long as it can be. */
  const expected = (text: string): string[] =>
    patterns
      .flatMap((pattern) =>
        [
          ...text
            .normalize('NFC')
            .replaceAll('é', 'e')
            .matchAll(new RegExp(pattern.replaceAll('\\s+', `\\s{1,${REPEAT_UNBOUNDED}}`), 'giu')),
        ].map(({ index, 0: found }) => `${pattern} ${index} ${index + found.length}`),
      )
      .toSorted();
  const told = (findings: readonly Finding[]): string[] =>
    findings.map(({ rule, start, end }) => `${rule} ${start} ${end}`).toSorted();

  it('give what expressions give, whole and in pieces of any size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 12, arbitrary: word }, { weight: 1, arbitrary: gap }), {
          minLength: 40,
          maxLength: 200,
        }),
        fc.integer({ min: 50, max: 70_000 }),
        (parts, size) => {
          const text = parts.join('');
          expect(told(scanner.scan(text))).toEqual(expected(text));
          const stream = scanner.open();
          const found: Finding[] = [];
          for (let at = 0; at < text.length; at += size) found.push(...stream.push(text.slice(at, at + size)).findings);
          found.push(...stream.end().findings);
          expect(told(found)).toEqual(expected(text));
        },
      ),
      { numRuns: 200 },
    );
  });
});
