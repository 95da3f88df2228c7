import { type AuditEvent, decodeLeaf, encodeLeaf } from '@elida/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openLeaf } from './leaf.ts';
import { decodeRecord, encodeRecord, withAttachment } from './sealed-record.ts';

const event: AuditEvent = {
  eventId: '01a20ffc-6f34-7459-89ac-fb41a67da89f',
  tenant: 'default',
  producer: 'edge-1',
  seq: 7,
  occurredAt: 1_700_000_000_000,
  type: 'session_started',
  session: 'ses_a',
  incarnation: 1,
  severity: 'info',
  data: { principal: 'key:ci', agent: 'x'.repeat(300), backend: 'openai' },
};
let count = 0;
const newSalt = (): string => Buffer.from(`salt number ${count++}..`).toString('base64url');

it('a record is read as the event that was written, its leaf is what the disclosures open', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('principal', 'reason', 'backend', 'path'), fc.string()), (data) => {
      const written = { ...event, data };
      const read = decodeRecord(encodeRecord(written, newSalt));
      expect(read.event).toEqual(written);
      expect(openLeaf(read.leaf, read.disclosures)).toEqual({ event: written, hidden: 0 });
    }),
  );
});

it('a leaf of before there were disclosures is a record', () => {
  const leaf = encodeLeaf(event);
  expect(decodeRecord(leaf)).toEqual({ event, leaf, disclosures: [] });
});

it('of a record a reader of leaves sees the leaf, without what the disclosures say', () => {
  const { principal: _, ...rest } = decodeLeaf(encodeRecord(event, newSalt)).data;
  expect(rest).toMatchObject({ backend: 'openai' });
  expect(JSON.stringify(rest)).not.toContain('xxx');
});

it('bytes that are no record are refused, however they are broken', () => {
  const record = encodeRecord(event, newSalt);
  const { leaf } = decodeRecord(record);
  for (let length = leaf.length + 1; length < record.length; length++) {
    const cut = record.subarray(0, length);
    const isWhole = decodable(cut);
    // Cut between two disclosures it is one of which a disclosure was erased.
    if (isWhole) expect(decodeRecord(cut).leaf).toEqual(leaf);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      if (decodable(bytes)) expect(decodeRecord(bytes).leaf.length).toBeLessThanOrEqual(bytes.length);
    }),
  );
  expect(() => decodeRecord(Buffer.concat([record, Uint8Array.of(8, 1)]))).toThrow();
  const attached = withAttachment(record, Uint8Array.of(1, 2, 3));
  expect(() => decodeRecord(withAttachment(attached, Uint8Array.of(4)))).toThrow('behind the disclosures');
  for (let length = record.length + 1; length < attached.length; length++) {
    expect(() => decodeRecord(attached.subarray(0, length))).toThrow();
  }
});

it.each([
  ['a leaf', encodeLeaf(event)],
  ['a record with disclosures', encodeRecord(event, newSalt)],
])('what is attached to %s comes out as it went in, and changes nothing else', (_, record) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (attachment) => {
      const read = decodeRecord(withAttachment(record, attachment));
      expect(Buffer.from(read.attachment ?? [0])).toEqual(Buffer.from(attachment));
      const before = decodeRecord(record);
      expect(read.event).toEqual(before.event);
      expect(read.disclosures).toEqual(before.disclosures);
      expect(Buffer.from(read.leaf)).toEqual(Buffer.from(before.leaf));
    }),
  );
});

function decodable(bytes: Uint8Array): boolean {
  try {
    decodeRecord(bytes);
    return true;
  } catch {
    return false;
  }
}
