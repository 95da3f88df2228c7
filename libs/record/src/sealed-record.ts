/**
 * What travels from a producer to the worker: the leaf and, behind it, what opens its digests. A record is the leaf's
 * message with further fields at its end, 11 and then 12: what is in front of them is the leaf, to the byte. So a record
 * without disclosures is a leaf, and a reader that knows only leaves reads every record. Field 12 is what belongs to the
 * event and is kept beside it: the sealed capture.
 */
import { type AuditEvent, decodeLeaf } from '@elida/contracts';
import { type OpenedEvent, openLeaf, type SealedEvent, sealEvent } from './leaf.ts';

/** Field 11, length-delimited. */
const DISCLOSURE = (11 << 3) | 2;
/** Field 12, length-delimited. */
const ATTACHMENT = (12 << 3) | 2;

/** @param newSalt 128 random bits in base64url, new for each call. */
export function encodeRecord(event: AuditEvent, newSalt: () => string): Uint8Array {
  const { leaf, disclosures } = sealEvent(event, newSalt);
  if (disclosures.length === 0) return leaf;
  // Tag and length take five bytes at most; base64url is as long in bytes as in characters.
  const room = disclosures.reduce((sum, { length }) => sum + length + 5, leaf.length);
  const record = Buffer.allocUnsafe(room);
  record.set(leaf);
  let at = leaf.length;
  for (const disclosure of disclosures) {
    record[at++] = DISCLOSURE;
    for (const byte of varint(disclosure.length)) record[at++] = byte;
    at += record.write(disclosure, at, 'latin1');
  }
  return record.subarray(0, at);
}

/** @param record of `encodeRecord`, or a leaf; has no attachment yet. */
export const withAttachment = (record: Uint8Array, attachment: Uint8Array): Uint8Array =>
  Buffer.concat([record, Uint8Array.of(ATTACHMENT, ...varint(attachment.length)), attachment]);

export interface ReadRecord extends SealedEvent {
  /** Opened. */
  readonly event: AuditEvent;
  readonly attachment?: Uint8Array;
}

/** @throws Error where the bytes are no record, or a disclosure is not of its leaf. */
export function decodeRecord(bytes: Uint8Array): ReadRecord {
  const end = leafEnd(bytes);
  if (end === bytes.length) return { event: decodeLeaf(bytes), leaf: bytes, disclosures: [] };
  const leaf = bytes.subarray(0, end);
  const { disclosures, ...rest } = behindLeaf(bytes, end);
  const { event }: OpenedEvent = openLeaf(leaf, disclosures);
  return { event, leaf, disclosures, ...rest };
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left >>>= 7) bytes.push((left & 127) | 128);
  bytes.push(left);
  return bytes;
}

interface Cursor {
  at: number;
}

function readVarint(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[cursor.at++];
    if (byte === undefined || scale > 2 ** 63) throw new Error('the record ends within a number');
    value += (byte & 127) * scale;
    if (byte < 128) return value;
  }
}

/** Where the leaf ends: at its first disclosure, or its attachment. */
function leafEnd(bytes: Uint8Array): number {
  const cursor = { at: 0 };
  while (cursor.at < bytes.length) {
    const start = cursor.at;
    const tag = readVarint(bytes, cursor);
    if (tag === DISCLOSURE || tag === ATTACHMENT) return start;
    if ((tag & 7) === 0) readVarint(bytes, cursor);
    else if ((tag & 7) === 2) cursor.at = readVarint(bytes, cursor) + cursor.at;
    else throw new Error('the record has a field that events do not have');
  }
  if (cursor.at !== bytes.length) throw new Error('the record ends within a field');
  return cursor.at;
}

function behindLeaf(bytes: Uint8Array, from: number): Pick<ReadRecord, 'disclosures' | 'attachment'> {
  const disclosures: string[] = [];
  const cursor = { at: from };
  while (cursor.at < bytes.length) {
    const tag = readVarint(bytes, cursor);
    const end = readVarint(bytes, cursor) + cursor.at;
    if (end > bytes.length) throw new Error('the record ends within a field');
    const field = bytes.subarray(cursor.at, end);
    cursor.at = end;
    if (tag === DISCLOSURE) disclosures.push(Buffer.from(field).toString('ascii'));
    else if (tag === ATTACHMENT && end === bytes.length) return { disclosures, attachment: field };
    else throw new Error('something stands behind the disclosures');
  }
  return { disclosures };
}
