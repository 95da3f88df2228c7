import { decodeLeaf, EVENT_TYPES, encodeLeaf } from '@elida/contracts';
import { expect, test } from 'vitest';
import { buildEvent, endEventName } from './event.ts';

const stamp = {
  eventId: '01a20ffc-6f34-7459-89ac-fb41a67da89f',
  producer: 'edge-1',
  seq: 7,
  occurredAt: 1_700_000_000_000,
};
const subject = { tenant: 'default', session: 'ses_a', incarnation: 2 };

test('an event says who, when, what and how grave, and survives its leaf', () => {
  const data = { order: 'ord_1', exchanges_cut: 3, reason: 'leaks' };
  const event = buildEvent('kill_applied', stamp, subject, data);
  expect(event).toEqual({ ...stamp, ...subject, type: 'kill_applied', severity: 'warning', data });
  expect(decodeLeaf(encodeLeaf(event))).toEqual(event);
});

test('a gap in the record is critical, an ordinary event is information', () => {
  const gap = buildEvent('audit_gap', stamp, subject, { producer: 'edge-1', from_seq: 1, to_seq: 2, reason: 'lost' });
  expect(gap.severity).toBe('critical');
  const changed = buildEvent('session_state_changed', stamp, subject, { from: 'active', to: 'held', reason: '' });
  expect(changed.severity).toBe('info');
  expect(EVENT_TYPES).toContain('audit_gap');
});

test('each incarnation has one end, and its own', () => {
  expect(endEventName({ sid: 'ses_a', incarnation: 1 })).toBe(endEventName({ sid: 'ses_a', incarnation: 1 }));
  expect(endEventName({ sid: 'ses_a', incarnation: 1 })).not.toBe(endEventName({ sid: 'ses_a', incarnation: 2 }));
});
