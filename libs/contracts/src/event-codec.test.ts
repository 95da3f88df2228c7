import { create, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AuditEvent, EVENT_TYPES } from './event.ts';
import { decodeLeaf, encodeLeaf } from './event-codec.ts';
import { EventSchema } from './gen/elida/audit/v1/audit_pb.js';

const text = fc.string({ unit: 'binary', maxLength: 200 });
const event: fc.Arbitrary<AuditEvent> = fc.record({
  eventId: text,
  tenant: text,
  producer: text,
  seq: fc.maxSafeNat(),
  occurredAt: fc.maxSafeNat(),
  type: fc.constantFrom(...EVENT_TYPES),
  session: text,
  incarnation: fc.nat(),
  severity: fc.constantFrom('' as const, 'info' as const, 'critical' as const),
  data: fc.dictionary(text, fc.jsonValue()),
});

test('a leaf has the bytes that protobuf gives its fields, whatever is in them, and is read back as it was', () => {
  fc.assert(
    fc.property(event, (given) => {
      const leaf = encodeLeaf(given);
      const dataJson = JSON.stringify(given.data);
      const message = create(EventSchema, {
        ...given,
        ...{ seq: BigInt(given.seq), occurredAtMs: BigInt(given.occurredAt), dataJson },
      });
      expect(Buffer.from(leaf)).toEqual(Buffer.from(toBinary(EventSchema, message)));
      expect(decodeLeaf(leaf)).toEqual({ ...given, data: JSON.parse(dataJson) });
    }),
  );
});

test('what is no number is not written as one', () => {
  const given = {
    eventId: 'e',
    tenant: '',
    producer: '',
    type: 'exchange',
    session: '',
    severity: '',
    data: {},
  } as const;
  expect(() => encodeLeaf({ ...given, seq: -1, occurredAt: 0, incarnation: 0 })).toThrow(RangeError);
  expect(() => encodeLeaf({ ...given, seq: 1.5, occurredAt: 0, incarnation: 0 })).toThrow(RangeError);
});
