import { type AuditEvent, decodeLeaf } from '@elida/contracts';
import { describe, expect, it } from 'vitest';
import { digestOf, openLeaf, sealEvent } from './leaf.ts';

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
  data: { principal: 'key:ci', agent: '', backend: 'openai', client_addr: '10.1.2.3', hint_kind: 'header' },
};
let count = 0;
const newSalt = (): string => Buffer.from(`salt number ${count++}..`).toString('base64url');

describe('a leaf', () => {
  const { leaf, disclosures } = sealEvent(event, newSalt);

  it('holds what happened, and of persons nothing but digests', () => {
    const text = Buffer.from(leaf).toString('latin1');
    expect(text).not.toContain('key:ci');
    expect(text).not.toContain('10.1.2.3');
    expect(decodeLeaf(leaf)).toEqual({
      ...event,
      data: { agent: '', backend: 'openai', hint_kind: 'header', _sd: disclosures.map(digestOf).sort() },
    });
  });

  it('is opened by its disclosures, all or some; what was erased stays hidden and is counted', () => {
    expect(openLeaf(leaf, disclosures)).toEqual({ event, hidden: 0 });
    const [principal = ''] = disclosures;
    const { client_addr: _, ...rest } = event.data;
    expect(openLeaf(leaf, [principal])).toEqual({ event: { ...event, data: rest }, hidden: 1 });
  });

  it('takes no disclosure of another leaf, nor one twice', () => {
    const other = sealEvent(event, newSalt);
    expect(() => openLeaf(leaf, other.disclosures)).toThrow(/not of this leaf/);
    expect(() => openLeaf(leaf, [...disclosures, ...disclosures])).toThrow(/not of this leaf/);
  });

  it('of the same values differs by its salts', () => {
    const other = decodeLeaf(sealEvent(event, newSalt).leaf).data._sd as string[];
    expect(other.filter((digest) => disclosures.map(digestOf).includes(digest))).toEqual([]);
  });

  it('where nobody is told of is the event as it is', () => {
    const plain = { ...event, data: { backend: 'openai', principal: '' } };
    expect(sealEvent(plain, newSalt).disclosures).toEqual([]);
    expect(openLeaf(sealEvent(plain, newSalt).leaf, [])).toEqual({ event: plain, hidden: 0 });
  });
});

it('a digest is that of the standard: the example of RFC 9901 §4.2.3', () => {
  expect(digestOf('WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0')).toBe(
    'uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY',
  );
});
