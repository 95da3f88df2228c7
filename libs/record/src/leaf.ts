/**
 * The leaf of an event, with what says something about a person kept out of it. In the leaf's data stand only digests
 * of it (`_sd`); the disclosures that open them lie beside the leaf and can be erased, and every proof still holds.
 * The form is that of SD-JWT (RFC 9901 §4.2): a disclosure is base64url of the JSON list [salt, name, value], a digest
 * is base64url of the SHA-256 of the disclosure's ASCII. No canonical form is needed: the exact text is hashed.
 */
import { hash } from 'node:crypto';
import { type AuditEvent, decodeLeaf, encodeLeaf } from '@elida/contracts';
import type { AnyEventData } from './event-data.ts';

type NamesOf<T> = T extends unknown ? keyof T : never;

/**
 * Names in `data` whose values tell of a person or in a person's words. `actor` and `author` stay in the leaf: who gave
 * an order is what the record is for. The session's id is a keyed hash and stays too.
 */
const PERSONAL: ReadonlySet<string> = new Set<NamesOf<AnyEventData>>([
  'principal',
  'agent',
  'display_name',
  'client_addr',
  'target',
  'reason',
  'arguments',
  'matched_text',
]);

const DIGESTS = '_sd';

export interface SealedEvent {
  readonly leaf: Uint8Array;
  /** Without these nobody, not even by guessing, learns what the digests stand for. */
  readonly disclosures: readonly string[];
}

export const digestOf = (disclosure: string): string => hash('sha256', disclosure, 'base64url');

/** @param newSalt 128 random bits in base64url, new for each call. */
export function sealEvent(event: AuditEvent, newSalt: () => string): SealedEvent {
  const open: Record<string, unknown> = {};
  const disclosures: string[] = [];
  for (const [name, value] of Object.entries(event.data)) {
    // An empty value tells of nobody, and that it is empty is worth knowing.
    if (PERSONAL.has(name) && value !== '') {
      disclosures.push(Buffer.from(JSON.stringify([newSalt(), name, value])).toString('base64url'));
    } else if (name !== DIGESTS) open[name] = value;
  }
  if (disclosures.length === 0) return { leaf: encodeLeaf({ ...event, data: open }), disclosures };
  // Sorted: their order tells nothing of the names.
  const digests = disclosures.map(digestOf).sort();
  return { leaf: encodeLeaf({ ...event, data: { ...open, [DIGESTS]: digests } }), disclosures };
}

export interface OpenedEvent {
  readonly event: AuditEvent;
  /** Values that nothing opens: erased, or not given. */
  readonly hidden: number;
}

/** @throws Error where the bytes are no event, or a disclosure is not of this leaf. */
export function openLeaf(leaf: Uint8Array, disclosures: readonly string[]): OpenedEvent {
  const event = decodeLeaf(leaf);
  const { [DIGESTS]: digests = [], ...open } = event.data;
  const sealed = new Set(Array.isArray(digests) ? digests : []);
  const data: Record<string, unknown> = { ...open };
  for (const disclosure of disclosures) {
    if (!sealed.delete(digestOf(disclosure))) throw new Error('a disclosure is not of this leaf');
    const [, name, value] = JSON.parse(Buffer.from(disclosure, 'base64url').toString('utf8')) as [
      string,
      string,
      unknown,
    ];
    data[name] = value;
  }
  return { event: { ...event, data }, hidden: sealed.size };
}
