import { exchangeSpanIds, exchangeTraceId } from '@elida/record';
import { expect, test } from 'vitest';
import { propagate, readTraceContext } from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const came = `00-${TRACE}-${SPAN}-01`;
const id = 'exc_1';
const trace = { traceId: TRACE, parentSpanId: SPAN, flags: 1 };

test('a trace that the caller told is read as the standard says', () => {
  expect(readTraceContext({ traceparent: came })).toEqual(trace);
  expect(readTraceContext({ traceparent: `cc-${TRACE}-${SPAN}-00-more` })).toEqual({ ...trace, flags: 0 });
});

test.each([
  ['none', undefined],
  ['two', [came, came].join(', ')],
  ['of the version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
  ['longer than its version allows', `${came}-more`],
  ['without a trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['without a span', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['in capitals', came.toUpperCase()],
  ['of another kind', 'hello'],
])('a traceparent that is %s tells nothing', (_, traceparent) => {
  expect(readTraceContext(traceparent === undefined ? {} : { traceparent })).toBeNull();
});

test('by default headers pass as they came', () => {
  const headers = ['Traceparent', came, 'tracestate', 'a=1'];
  expect(propagate(headers, { id, trace }, { propagate: 'pass', sample: 1 })).toBe(trace);
  expect(headers).toEqual(['Traceparent', came, 'tracestate', 'a=1']);
});

test('a trace goes on with our span as the parent, in its place; its state stays', () => {
  const headers = ['a', '1', 'Traceparent', came, 'tracestate', 'a=1'];
  propagate(headers, { id, trace }, { propagate: 'continue', sample: 0 });
  const mine = `00-${TRACE}-${exchangeSpanIds(id).client}-01`;
  expect(headers).toEqual(['a', '1', 'Traceparent', mine, 'tracestate', 'a=1']);
});

test('nothing is added where none came, but when it was asked for', () => {
  const headers = ['a', '1'];
  expect(propagate(headers, { id, trace: null }, { propagate: 'continue', sample: 1 })).toBeNull();
  expect(headers).toEqual(['a', '1']);
  const begun = propagate(headers, { id, trace: null }, { propagate: 'start', sample: 1 });
  expect(begun).toEqual({ traceId: exchangeTraceId(id), parentSpanId: '', flags: 1 });
  expect(headers).toEqual(['a', '1', 'traceparent', `00-${begun?.traceId}-${exchangeSpanIds(id).client}-01`]);
});

test('of what cannot be read nothing goes on when a new trace begins', () => {
  const headers = ['traceparent', 'hello', 'tracestate', 'a=1'];
  propagate(headers, { id, trace: null }, { propagate: 'start', sample: 0 });
  expect(headers).toEqual(['traceparent', `00-${exchangeTraceId(id)}-${exchangeSpanIds(id).client}-00`]);
});
