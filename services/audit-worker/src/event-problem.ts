/** What no event of a sound producer has. Types are open: an older worker stores what a newer edge writes. */
import type { AuditEvent } from '@elida/contracts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NAME = /^[\x20-\x7e]{1,256}$/;
const TYPE = /^[a-z][a-z0-9_]{0,63}$/;
const SEVERITIES: readonly string[] = ['', 'info', 'warning', 'critical'];
const EARLIEST = Date.UTC(2020, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);

const isText = (text: string): boolean => text === '' || NAME.test(text);

/** @returns what is wrong, or null. */
export function eventProblem(event: AuditEvent): string | null {
  if (!UUID.test(event.eventId)) return 'event_id is no UUID';
  if (!NAME.test(event.tenant)) return 'no tenant';
  if (!NAME.test(event.producer)) return 'no producer';
  if (!TYPE.test(event.type)) return 'type is no name';
  if (!isText(event.session)) return 'session is no id';
  if (!SEVERITIES.includes(event.severity)) return 'unknown severity';
  if (!Number.isSafeInteger(event.seq)) return 'seq is out of range';
  if (event.incarnation > 0x7fffffff) return 'incarnation is out of range';
  if (!(event.occurredAt >= EARLIEST && event.occurredAt < LATEST)) return 'occurred_at is out of range';
  if (typeof event.data !== 'object' || event.data === null || Array.isArray(event.data)) return 'data is no object';
  return null;
}
