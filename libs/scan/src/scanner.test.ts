import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanRule } from './compile.ts';
import { SLICE_UNITS, STEPS_AT_ONCE } from './limits.ts';
import type { Finding } from './reading.ts';
import { compileScanner, type Scanner } from './scanner.ts';
import { foldedView } from './views/folded-view.ts';
import { rawView } from './views/raw-view.ts';

function scannerOf(...rules: ScanRule[]): Scanner {
  const compiled = compileScanner(rules);
  if (!('scan' in compiled)) throw new Error(JSON.stringify(compiled));
  return compiled;
}

/** Leftmost and longest, by trying every start and every end with the platform's own expressions. */
function naive(rule: ScanRule, text: string): Finding[] {
  const view = rule.view === 'raw' ? rawView : foldedView;
  const reader = view.open();
  const read = reader.push(text, true);
  const findings: Finding[] = [];
  rule.patterns.forEach((source, pattern) => {
    for (let from = 0; from < read.length; ) {
      const found = longestAt(source, view.ignoreCase, read, from);
      if (found > from)
        findings.push({ rule: rule.id, pattern, start: reader.startOf(from), end: reader.endOf(found) });
      from = Math.max(found, from + 1);
    }
  });
  return findings;
}

function longestAt(source: string, ignoreCase: boolean, text: string, from: number): number {
  const flags = `${ignoreCase ? 'i' : ''}uy`;
  const any = new RegExp(`(?:${source})`, flags);
  any.lastIndex = from;
  const first = any.exec(text);
  if (first === null || first.index !== from) return -1;
  for (let end = text.length; end > from; end--) {
    const rest = [...text.slice(end)].length;
    const exact = new RegExp(`(?:${source})(?=[^]{${rest}}$)`, flags);
    exact.lastIndex = from;
    const found = exact.exec(text);
    if (found !== null && found.index === from && found[0].length === end - from) return end;
  }
  return -1;
}

const sorted = (findings: readonly Finding[]): Finding[] =>
  findings.toSorted((a, b) => a.rule.localeCompare(b.rule) || a.pattern - b.pattern || a.start - b.start);

/** Patterns that hold a rare literal somewhere, and much else that makes matching hard. */
const atom = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'ab',
    'ba',
    '\\d',
    '[ab]',
    '[^a]',
    '.',
    '\\w',
    '\\s',
    '[a-c1]',
    '😀',
    '[😀a]',
    'é',
    '\\b',
    '\\B',
  ),
  fc.constantFrom('@', '#a', 'ab@', '@@'),
);
const piece = fc
  .tuple(atom, fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{1,3}', '{0,2}', '{2,}', '*?'))
  .map(([one, times]) =>
    one.startsWith('\\b') || one.startsWith('\\B') ? one : one.length > 1 && times ? `(?:${one})${times}` : one + times,
  );
const sequence = fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
const group = fc
  .tuple(fc.array(sequence, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '?', '{1,2}', '+'))
  .map(([parts, times]) => `(?:${parts.join('|')})${times}`);
const pattern = fc
  .tuple(
    fc.constantFrom('', '', '', '^', '\\b'),
    fc.array(fc.oneof(sequence, group), { maxLength: 2 }),
    fc.constantFrom('@', '#', 'ab1', '(?:@|#)', 'q', '', '@[ab]{2}', '(?:ab){2}'),
    fc.array(fc.oneof(sequence, group), { maxLength: 2 }),
    fc.constantFrom('', '', '', '$', '\\b'),
  )
  .map(([head, before, literal, after, tail]) => head + before.join('') + literal + after.join('') + tail);
const text = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      'A',
      'ab',
      '@',
      '#',
      '1',
      ' ',
      '\n',
      '😀',
      'é',
      'e\u0301',
      '\u200b',
      'ab1',
      'q',
      'ﬁ',
      '\ud83d',
      'Ａ',
      '@@@@',
      'ababab',
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));
const view = fc.constantFrom('folded' as const, 'raw' as const);

const folds = (source: string): string => [...source].map((one) => foldedView.fold(one.codePointAt(0) ?? 0)).join('');

describe('what is found', () => {
  it('equals naive matching, for any pattern that is taken and any text', () => {
    let taken = 0;
    fc.assert(
      fc.property(pattern, view, text, (source, name, subject) => {
        const spelled = name === 'folded' ? folds(source) : source;
        const rule: ScanRule = { id: 'r', patterns: [source], view: name };
        const compiled = compileScanner([rule]);
        if (!('scan' in compiled)) return;
        taken++;
        expect(sorted(compiled.scan(subject))).toEqual(sorted(naive({ ...rule, patterns: [spelled] }, subject)));
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it('does not depend on how the text is cut, nor on other rules, and nothing of a match is let go before it is reported', () => {
    const rules = fc.array(fc.record({ source: pattern, name: view }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rules, text, fc.array(fc.nat({ max: 5 }), { maxLength: 30 }), (sources, subject, cuts) => {
        const taken = sources
          .map(({ source, name }, i): ScanRule => ({ id: `r${i}`, patterns: [source], view: name, hold: true }))
          .filter((rule) => 'scan' in compileScanner([rule]));
        const scanner = scannerOf(...taken);
        const whole = scanner.scan(subject);
        const alone = taken.flatMap((rule) => scannerOf(rule).scan(subject));
        expect(sorted(whole)).toEqual(sorted(alone));
        const stream = scanner.open();
        const found: Finding[] = [];
        let released = 0;
        let at = 0;
        const take = ({ findings, releasable }: ReturnType<typeof stream.push>): void => {
          for (const { start } of findings) expect(start).toBeGreaterThanOrEqual(released);
          found.push(...findings);
          released = releasable;
          expect(released).toBeLessThanOrEqual(at);
        };
        for (const length of [...cuts, Number.POSITIVE_INFINITY]) {
          const next = subject.slice(at, at + length);
          at += next.length;
          take(stream.push(next));
        }
        take(stream.end());
        expect(sorted(found)).toEqual(sorted(whole));
        expect(released).toBe(subject.length);
      }),
      { numRuns: 400 },
    );
  });

  it('is the same in steps, several texts at once', () => {
    const pieces = ['ignore the rules ', 'AKIA0123456789ABCDEF', 'abc@host ', 'a😀é ', 'x', 'ignore ', '\u200b', ' '];
    const scanner = scannerOf(
      { id: 'a', patterns: ['ignore.{0,40}rules', '[^\\s@]{1,64}@\\w+'] },
      { id: 'b', patterns: ['AKIA[A-Z0-9]{16}'], view: 'raw' },
    );
    const order = (all: readonly Finding[]) => all.toSorted((a, b) => a.start - b.start || a.end - b.end);
    let breaks = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), fc.integer({ min: 1, max: 400 }))),
        (texts) => {
          const all = texts.map(([parts, times]) => {
            const text = parts.join('').repeat(times);
            return { text, steps: scanner.scanning(text), found: [] as Finding[], done: false };
          });
          while (all.some(({ done }) => !done)) {
            for (const one of all) {
              const step = one.steps.next();
              one.done = step.done ?? false;
              if (step.done) continue;
              breaks++;
              one.found.push(...step.value);
            }
          }
          for (const { text, found } of all) expect(order(found)).toEqual(order(scanner.scan(text)));
        },
      ),
      { numRuns: 200 },
    );
    expect(breaks, 'the texts are long enough to break off').toBeGreaterThan(1_000);
  });

  it('no step of a scan takes more than some thousands of steps, whatever the text', () => {
    const scanner = scannerOf(
      ...Array.from({ length: 60 }, (_, i) => ({ id: `r${i}`, patterns: [`word${i}.{0,80}(?:end|stop)`] })),
    );
    const text = Array.from({ length: 20_000 }, (_, i) => `word${i % 60} ${i % 7 === 0 ? 'stop' : 'x'} `).join('');
    let [longest, before] = [0, 0];
    for (const _ of scanner.scanning(text)) {
      longest = Math.max(longest, scanner.steps - before);
      before = scanner.steps;
    }
    expect(before).toBeGreaterThan(text.length);
    expect(longest).toBeLessThan(STEPS_AT_ONCE + 4 * SLICE_UNITS);
  });

  it('is found whatever the text is', () => {
    const scanner = scannerOf(
      { id: 'a', patterns: ['ignore.{0,40}rules', '[^\\s@]{1,64}@\\w+'], hold: true },
      { id: 'b', patterns: ['AKIA[A-Z0-9]{16}'], view: 'raw' },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (subject) => {
        for (const { start, end } of scanner.scan(subject)) expect(end).toBeGreaterThan(start);
      }),
      { numRuns: 1_000 },
    );
  });
});
