import type { AuditEvent } from '@elida/contracts';
import { expect, test } from 'vitest';
import { eventProblem } from './event-problem.ts';

const sound: AuditEvent = {
  eventId: '01a20ffc-6f34-7459-89ac-fb41a67da89f',
  tenant: 'default',
  producer: 'edge-1',
  seq: 1,
  occurredAt: 1_700_000_000_000,
  type: 'exchange',
  session: 'ses_a',
  incarnation: 1,
  severity: 'info',
  data: {},
};

test('a sound event has no problem, with a type that this version does not know neither', () => {
  expect(eventProblem(sound)).toBeNull();
  expect(eventProblem({ ...sound, session: '', incarnation: 0, severity: '' })).toBeNull();
  expect(eventProblem({ ...sound, type: 'violation_detected' as never })).toBeNull();
});

test.each<[string, Partial<Record<keyof AuditEvent, unknown>>]>([
  ['event_id', { eventId: 'x' }],
  ['tenant', { tenant: '' }],
  ['tenant', { tenant: 'a\u0000b' }],
  ['producer', { producer: '' }],
  ['type', { type: 'DROP TABLE' }],
  ['session', { session: 'x'.repeat(300) }],
  ['severity', { severity: 'huge' }],
  ['seq', { seq: 2 ** 60 }],
  ['incarnation', { incarnation: 2 ** 31 }],
  ['occurred_at', { occurredAt: 0 }],
  ['occurred_at', { occurredAt: Number.NaN }],
  ['data', { data: null }],
  ['data', { data: ['x'] }],
])('names what the table could not take: %s of %j', (field, change) => {
  expect(eventProblem({ ...sound, ...change } as AuditEvent)).toContain(field);
});
