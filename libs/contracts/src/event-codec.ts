/** AuditEvent ↔ leaf bytes (proto/elida/audit/v1). A leaf is encoded once, by its producer; everyone else keeps the bytes. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import type { AuditEvent, EventType, Severity } from './event.ts';
import { BatchSchema, EventSchema } from './gen/elida/audit/v1/audit_pb.js';

export function encodeLeaf(event: AuditEvent): Uint8Array {
  return toBinary(
    EventSchema,
    create(EventSchema, {
      eventId: event.eventId,
      tenant: event.tenant,
      producer: event.producer,
      seq: BigInt(event.seq),
      occurredAtMs: BigInt(event.occurredAt),
      type: event.type,
      session: event.session,
      incarnation: event.incarnation,
      severity: event.severity,
      dataJson: JSON.stringify(event.data),
    }),
  );
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
