/** AuditEvent ↔ leaf bytes (proto/elida/audit/v1). A leaf is encoded once, by its producer; everyone else keeps the bytes. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { AuditEvent, EventType, Severity } from './event.ts';
import { BatchSchema, EventSchema } from './gen/elida/audit/v1/audit_pb.js';

/**
 * Written by hand, because it runs for every event of an edge and the general encoder is ten times as dear: the fields in their
 * order, defaults left out, as protobuf writes them.
 */
export function encodeLeaf(event: AuditEvent): Uint8Array {
  const { eventId, tenant, producer, seq, occurredAt, type, session, incarnation, severity } = event;
  const data = JSON.stringify(event.data);
  const size =
    textBytes(eventId) +
    textBytes(tenant) +
    textBytes(producer) +
    textBytes(type) +
    textBytes(session) +
    textBytes(severity) +
    textBytes(data) +
    NUMBERS_BYTES_MAX;
  const bytes = Buffer.allocUnsafe(size);
  let at = writeText(bytes, 0, 1, eventId);
  at = writeText(bytes, at, 2, tenant);
  at = writeText(bytes, at, 3, producer);
  at = writeNumber(bytes, at, 4, seq);
  at = writeNumber(bytes, at, 5, occurredAt);
  at = writeText(bytes, at, 6, type);
  at = writeText(bytes, at, 7, session);
  at = writeNumber(bytes, at, 8, incarnation);
  at = writeText(bytes, at, 9, severity);
  at = writeText(bytes, at, 10, data);
  return bytes.subarray(0, at);
}

/** Three numbers of at most 53 bits, each with its tag. */
const NUMBERS_BYTES_MAX = 3 * 9;

/** With its tag and its length. */
const textBytes = (text: string): number => Buffer.byteLength(text) + 6;

function writeText(bytes: Buffer, at: number, field: number, text: string): number {
  if (text === '') return at;
  bytes[at] = (field << 3) | 2;
  const from = writeVarint(bytes, at + 1, Buffer.byteLength(text));
  return from + bytes.write(text, from, 'utf8');
}

function writeNumber(bytes: Buffer, at: number, field: number, value: number): number {
  if (value === 0) return at;
  bytes[at] = field << 3;
  return writeVarint(bytes, at + 1, value);
}

function writeVarint(bytes: Buffer, start: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is no number of an event`);
  let at = start;
  let left = value;
  for (; left > 127; left = Math.floor(left / 128)) bytes[at++] = (left % 128) | 128;
  bytes[at++] = left;
  return at;
}

/** @throws Error where the bytes are no event: the worker parks such a batch. */
export function decodeLeaf(leaf: Uint8Array): AuditEvent {
  const message = fromBinary(EventSchema, leaf);
  return {
    eventId: message.eventId,
    tenant: message.tenant,
    producer: message.producer,
    seq: Number(message.seq),
    occurredAt: Number(message.occurredAtMs),
    type: message.type as EventType,
    session: message.session,
    incarnation: message.incarnation,
    severity: message.severity as Severity,
    data: JSON.parse(message.dataJson) as Record<string, unknown>,
  };
}

export const encodeBatch = (producer: string, leaves: readonly Uint8Array[]): Uint8Array =>
  toBinary(BatchSchema, create(BatchSchema, { producer, leaves: [...leaves] }));

export function decodeBatch(bytes: Uint8Array): { producer: string; leaves: Uint8Array[] } {
  const { producer, leaves } = fromBinary(BatchSchema, bytes);
  return { producer, leaves };
}
