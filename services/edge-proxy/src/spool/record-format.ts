/**
 * The bytes of a segment. Integers are big-endian; the checksum is CRC-32 (ISO 3309, as in gzip; what node:zlib gives).
 *
 *   header   8 "ELSPOOL1" · 4 salt · 8 number of the first record · 2 length of the producer's name · the name · 4 CRC
 *   record   4 length of the leaf (≥ 1) · 4 CRC over number and leaf, begun with the salt · 8 number · leaf
 *
 * Numbers only grow. The salt is drawn once a chain: text of callers inside a leaf can never look like a record.
 */
import { crc32 } from 'node:zlib';

/** A leaf and its number. */
export interface Entry {
  readonly seq: number;
  readonly leaf: Uint8Array;
}

export interface SegmentHeader {
  readonly producer: string;
  readonly salt: number;
  readonly firstSeq: number;
}

const MAGIC = Buffer.from('ELSPOOL1', 'ascii');
const NAME_AT = 22;
const HEAD_BYTES = 16;
/** More is damage, not a length. */
const LEAF_BYTES_MAX = 16 * 1024 * 1024;

export function encodeHeader({ producer, salt, firstSeq }: SegmentHeader): Buffer {
  const name = Buffer.from(producer, 'utf8');
  const bytes = Buffer.alloc(NAME_AT + name.length + 4);
  MAGIC.copy(bytes);
  bytes.writeUInt32BE(salt, 8);
  bytes.writeBigUInt64BE(BigInt(firstSeq), 12);
  bytes.writeUInt16BE(name.length, 20);
  name.copy(bytes, NAME_AT);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

/** @returns null where it is not whole. */
export function decodeHeader(bytes: Buffer): { readonly header: SegmentHeader; readonly end: number } | null {
  if (bytes.length < NAME_AT || !MAGIC.equals(bytes.subarray(0, 8))) return null;
  const end = NAME_AT + bytes.readUInt16BE(20) + 4;
  if (bytes.length < end || crc32(bytes.subarray(0, end - 4)) !== bytes.readUInt32BE(end - 4)) return null;
  const producer = bytes.toString('utf8', NAME_AT, end - 4);
  return { header: { producer, salt: bytes.readUInt32BE(8), firstSeq: Number(bytes.readBigUInt64BE(12)) }, end };
}

export const recordBytes = ({ leaf }: Entry): number => HEAD_BYTES + leaf.length;

export function encodeRecords(entries: readonly Entry[], salt: number): Buffer {
  let size = 0;
  for (const entry of entries) size += recordBytes(entry);
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { seq, leaf } of entries) {
    const end = at + HEAD_BYTES + leaf.length;
    bytes.writeUInt32BE(leaf.length, at);
    writeSeq(bytes, seq, at + 8);
    bytes.set(leaf, at + HEAD_BYTES);
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 8, end), salt), at + 4);
    at = end;
  }
  return bytes;
}

export interface Scan {
  /** Whole ones, in order. */
  readonly entries: Entry[];
  /** Behind the last whole record. */
  readonly end: number;
  /** Where whole records follow what is not whole: the number before it and the one behind it. */
  readonly damage: readonly { readonly before: number; readonly behind: number }[];
}

/** Whole records from `start`, each with a number above `after`. What is broken is stepped over, never guessed. */
export function scanRecords(bytes: Buffer, start: number, salt: number, after: number): Scan {
  const entries: Entry[] = [];
  const damage: { before: number; behind: number }[] = [];
  let last = after;
  let end = start;
  let broken = false;
  for (let at = start; at < bytes.length; ) {
    const entry = readRecord(bytes, at, salt, last);
    if (entry === null) {
      broken = true;
      at++;
      continue;
    }
    if (broken) damage.push({ before: last, behind: entry.seq });
    broken = false;
    entries.push(entry);
    last = entry.seq;
    at += HEAD_BYTES + entry.leaf.length;
    end = at;
  }
  return { entries, end, damage };
}

function readRecord(bytes: Buffer, at: number, salt: number, after: number): Entry | null {
  if (at + HEAD_BYTES >= bytes.length) return null;
  const length = bytes.readUInt32BE(at);
  const end = at + HEAD_BYTES + length;
  if (length === 0 || length > LEAF_BYTES_MAX || end > bytes.length) return null;
  const seq = readSeq(bytes, at + 8);
  if (seq <= after || seq > Number.MAX_SAFE_INTEGER) return null;
  if (crc32(bytes.subarray(at + 8, end), salt) !== bytes.readUInt32BE(at + 4)) return null;
  return { seq, leaf: bytes.subarray(at + HEAD_BYTES, end) };
}

/** As two halves: a BigInt a record is dear. */
function writeSeq(bytes: Buffer, seq: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(seq / 2 ** 32), at);
  bytes.writeUInt32BE(seq % 2 ** 32, at + 4);
}

const readSeq = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
