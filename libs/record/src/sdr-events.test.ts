import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutCapture, NO_FINDINGS, type SdrCapture, sdrEvents } from './sdr-events.ts';

const capture = (at: number, requestBody: string): SdrCapture => ({
  ...{ at, exchange: 'x', method: 'POST', path: '/', requestBody, responseBody: '', statusCode: 200, truncated: false },
});
const violation = (at: number) => ({ at, severity: 'info', data: { rule_name: 'r' } });

test('violations are kept before captures; what is left out is counted, whatever the limit was', () => {
  const counts = fc.record({
    violations: fc.nat(140),
    captures: fc.nat(140),
    chars: fc.constantFrom(1, 9_000, 300_000),
  });
  fc.assert(
    fc.property(counts, ({ violations, captures, chars }) => {
      const { events, droppedEvents } = sdrEvents({
        ...NO_FINDINGS,
        violations: Array.from({ length: violations }, (_, n) => violation(n)),
        violationCount: violations,
        captures: Array.from({ length: captures }, (_, n) => capture(n, 'x'.repeat(chars))),
        captureCount: captures,
      });
      expect(events.length + droppedEvents).toBe(violations + captures);
      expect(events.length).toBeLessThanOrEqual(128);
      expect(JSON.stringify(events).length).toBeLessThan(1_500_000);
      expect(events.filter(({ name }) => name === 'policy.violation')).toHaveLength(Math.min(violations, 128));
      expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted((a, b) => a - b));
    }),
    { numRuns: 30 },
  );
});

test('what the settings keep back was not dropped', () => {
  const findings = { ...NO_FINDINGS, captures: [capture(1, '')], captureCount: 5 };
  expect(sdrEvents(findings).droppedEvents).toBe(4);
  expect(sdrEvents({ ...findings, keepsBack: true }).droppedEvents).toBe(0);
});

test('a body is cut, said to be, and never within a character', () => {
  expect(cutCapture(capture(1, 'ab😀'), 3)).toMatchObject({ requestBody: 'ab', truncated: true });
  expect(cutCapture(capture(1, 'ab😀'), 4)).toEqual(capture(1, 'ab😀'));
});
