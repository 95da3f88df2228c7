/** W3C Trace Context: what the caller told of its trace, and what the provider is told of ours. */
import { exchangeSpanIds, exchangeTraceId, isSampled } from '@elida/record';
import type { Headers } from '../caller.ts';

export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits; empty: the trace begins here. */
  readonly parentSpanId: string;
  /** Bit 0: sampled. */
  readonly flags: number;
}

/**
 * `pass`: headers go out as they came · `continue`: a trace that came goes on with our CLIENT span as the parent ·
 * `start`: and one begins where none came.
 */
export interface Tracing {
  readonly propagate: 'pass' | 'continue' | 'start';
  /** Of traces that begin here, 0 … 1. */
  readonly sample: number;
}

/** Version 00; a later one may say more behind it. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})($|-)/;

/** Null where there is none, several, or one that the standard calls invalid. */
export function readTraceContext({ traceparent }: Headers): TraceContext | null {
  if (typeof traceparent !== 'string') return null;
  const [, version, traceId = '', parentSpanId = '', flags = '', rest] = TRACEPARENT.exec(traceparent.trim()) ?? [];
  if (version === undefined || (version === '00' && rest === '-')) return null;
  return { traceId, parentSpanId, flags: Number.parseInt(flags, 16) };
}

/** @returns the trace as the provider gets it; `headers` are changed in place, or left alone. */
export function propagate(
  headers: string[],
  exchange: { readonly id: string; readonly trace: TraceContext | null },
  { propagate: how, sample }: Tracing,
): TraceContext | null {
  const { id, trace } = exchange;
  if (how === 'pass' || (how === 'continue' && trace === null)) return trace;
  const flags = isSampled({ exchange: id }, sample) ? 1 : 0;
  const told = trace ?? { traceId: exchangeTraceId(id), parentSpanId: '', flags };
  const value = `00-${told.traceId}-${exchangeSpanIds(id).client}-${told.flags.toString(16).padStart(2, '0')}`;
  let isTold = false;
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    const name = (headers[at] as string).toLowerCase();
    // What came could not be read, and its state belongs to it: neither goes on.
    if (trace === null && (name === 'traceparent' || name === 'tracestate')) headers.splice(at, 2);
    else if (name === 'traceparent') {
      headers[at + 1] = value;
      isTold = true;
    }
  }
  if (!isTold) headers.push('traceparent', value);
  return told;
}
