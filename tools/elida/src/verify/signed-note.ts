/** Reads signed notes (C2SP signed-note, Ed25519) and what a log writes in them. Null for what is not to be believed. */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

export interface NoteKey {
  /** As configured: `name+id+key`. */
  readonly text: string;
  readonly name: string;
  readonly id: Buffer;
  readonly key: KeyObject;
}

/** SubjectPublicKeyInfo of an Ed25519 key (RFC 8410) up to its 32 bytes. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');
const ED25519 = 1;

export function parseKey(text: string): NoteKey | null {
  const [name = '', id = '', ...rest] = text.split('+');
  const bytes = Buffer.from(rest.join('+'), 'base64');
  if (name === '' || bytes.length !== 33 || bytes[0] !== ED25519) return null;
  const expected = createHash('sha256').update(`${name}\n`).update(bytes).digest().subarray(0, 4);
  if (expected.toString('hex') !== id) return null;
  const key = createPublicKey({ key: Buffer.concat([SPKI, bytes.subarray(1)]), format: 'der', type: 'spki' });
  return { text, name, id: expected, key };
}

/** @returns the note's text where one of the keys has signed it, and none of theirs is wrong. */
export function openNote(note: string, keys: readonly NoteKey[]): string | null {
  const border = note.lastIndexOf('\n\n');
  if (border < 0 || !note.endsWith('\n')) return null;
  const text = note.slice(0, border + 1);
  let isSigned = false;
  for (const line of note.slice(border + 2, -1).split('\n')) {
    const [, name = '', signature = ''] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = Buffer.from(signature, 'base64');
    const key = keys.find((one) => one.name === name && one.id.equals(bytes.subarray(0, 4)));
    if (key === undefined) continue;
    if (!verify(null, Buffer.from(text), key.key, bytes.subarray(4))) return null;
    isSigned = true;
  }
  return isSigned ? text : null;
}

export interface Head {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
  /** Unix ms; NaN where the checkpoint has no time. */
  readonly at: number;
}

const NUMBER = /^(?:0|[1-9]\d{0,14})$/;
const timeOf = (line: string | undefined): number =>
  line?.startsWith('time ') ? Date.parse(line.slice(5)) : Number.NaN;

export function parseCheckpoint(text: string): Head | null {
  const [origin = '', size = '', root = '', ...extensions] = text.split('\n').slice(0, -1);
  const bytes = Buffer.from(root, 'base64');
  if (origin === '' || !NUMBER.test(size) || bytes.length !== 32) return null;
  return { origin, size: Number(size), root: bytes, at: timeOf(extensions.find((line) => line.startsWith('time '))) };
}

export interface Statement {
  readonly origin: string;
  readonly removed: readonly { readonly from: number; readonly to: number }[];
}

export function parseRetention(text: string): Statement | null {
  const [title, origin = '', time, ...ranges] = text.split('\n').slice(0, -1);
  if (title !== 'elida retention v1' || origin === '' || Number.isNaN(timeOf(time))) return null;
  const removed = ranges.map((line) => {
    const [from = '', to = ''] = line.split(' ');
    return NUMBER.test(from) && NUMBER.test(to) ? { from: Number(from), to: Number(to) } : null;
  });
  return removed.every((range) => range !== null) ? { origin, removed } : null;
}
