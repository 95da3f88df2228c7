import type { AuditEvent } from '@elida/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exchangeSpans, exchangeTraceId, isSampled, operationOf, readExchange } from './exchange-spans.ts';

const event = (data: Record<string, unknown>): AuditEvent => ({
  ...{ eventId: 'e', tenant: 't', producer: 'edge-1', seq: 1, occurredAt: 10_000, type: 'exchange', session: 's' },
  ...{ incarnation: 1, severity: '', data: { exchange: 'exc_1', ...data } },
});
const spansOf = (data: Record<string, unknown>) => {
  const one = event(data);
  const told = readExchange(one);
  return told === null ? [] : exchangeSpans(one, told, []);
};

test('an event of an older edge, which told no times and no trace, still makes a span', () => {
  const [server, ...more] = spansOf({});
  expect(more).toEqual([]);
  expect(server).toMatchObject({ traceId: exchangeTraceId('exc_1'), parentSpanId: '', startAt: 10_000, endAt: 10_000 });
});

test('spans lie within each other and have ids as the standard wants them', () => {
  const times = fc.record({ duration_ms: fc.nat(9_999), share: fc.double({ min: 0.01, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(times, fc.uuid(), ({ duration_ms, share }, exchange) => {
      const [server, client] = spansOf({ exchange, duration_ms: duration_ms + 1, sent_ms: (duration_ms + 1) * share });
      for (const span of [server, client]) {
        expect(span?.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
        expect(span?.spanId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
      }
      expect(client?.parentSpanId).toBe(server?.spanId);
      expect(client?.startAt).toBeGreaterThanOrEqual(server?.startAt ?? Number.NaN);
      expect(client?.endAt).toBe(server?.endAt);
    }),
  );
});

test('the share is of traces that begin here; the caller decides of his own', () => {
  const kept = (share: number): number =>
    Array.from({ length: 2_000 }, (_, n) => ({ exchange: `exc_${n}` })).filter((told) => isSampled(told, share)).length;
  expect([kept(0), kept(1)]).toEqual([0, 2_000]);
  expect(kept(0.25)).toBeGreaterThan(400);
  expect(kept(0.25)).toBeLessThan(600);
  const own = { exchange: 'exc_1', trace_id: 'a'.repeat(32) };
  expect(isSampled({ ...own, trace_flags: 1 }, 0)).toBe(true);
  expect(isSampled({ ...own, trace_flags: 0 }, 1)).toBe(false);
});

test.each([
  ['anthropic-messages', '/v1/messages', 'chat'],
  ['plain', '/v1/embeddings', 'embeddings'],
  ['openai', '/v1/completions', 'text_completion'],
  ['plain', '/files', ''],
])('%s %s is the operation "%s"', (dialect, path, operation) => {
  expect(operationOf({ dialect, path })).toBe(operation);
});
