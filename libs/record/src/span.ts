/**
 * Spans as plain data, before any wire. Ids are derived from what a span is about, so that one that is sent twice, by
 * whomever, is the same span. A trace id and a span id are those of W3C Trace Context: 32 and 16 hex digits, not all zero.
 */
import { hash } from 'node:crypto';

export type AttributeValue = string | number | boolean | string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanEvent {
  readonly name: string;
  /** Unix ms. */
  readonly at: number;
  readonly attributes: Attributes;
}

export interface SpanData {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: the root of its trace. */
  readonly parentSpanId: string;
  /** The parent is another process's. */
  readonly parentIsRemote: boolean;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  /** Unix ms, fractions allowed. */
  readonly startAt: number;
  readonly endAt: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  /** Events that were beyond a limit. */
  readonly droppedEvents: number;
  /** Went wrong: a word for it. Empty: not. */
  readonly error: string;
}

/** Of the OpenTelemetry specification (SpanLimits): events a span carries. */
export const SPAN_EVENTS_MAX = 128;

const hexOf = (name: string, bytes: number): string => hash('sha256', name, 'hex').slice(0, bytes * 2);

export const traceIdOf = (name: string): string => hexOf(name, 16);
export const spanIdOf = (name: string): string => hexOf(name, 8);

/** Attributes that say something. */
export const whereSet = <T extends AttributeValue>(attributes: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''));
