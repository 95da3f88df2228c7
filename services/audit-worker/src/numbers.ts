/** Which numbers of which producers a batch has, as ranges: a batch of an edge is one range. */
import type { AuditEvent } from '@elida/contracts';
import type { Numbers } from './ports.ts';

export type Numbered = Pick<AuditEvent, 'producer' | 'seq' | 'type' | 'data'>;

/** Numbers begin at 1. What counts beyond is no number of ours. */
const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

export function numbersOf(events: readonly Numbered[]): Numbers[] {
  const numbers: Numbers[] = [];
  for (const [producer, own] of Map.groupBy(events, (event) => event.producer)) {
    let open: { from: number; to: number } | null = null;
    for (const seq of own.map((event) => event.seq).sort((a, b) => a - b)) {
      if (!isNumber(seq)) continue;
      if (open && seq <= open.to + 1) {
        open.to = seq;
        continue;
      }
      if (open) numbers.push({ producer, ...open, lost: false });
      open = { from: seq, to: seq };
    }
    if (open) numbers.push({ producer, ...open, lost: false });
    for (const event of own) numbers.push(...lostBy(event));
  }
  return numbers;
}

/** A producer that lost events itself says so: nobody needs to wait for them. */
function lostBy({ type, producer, data }: Numbered): Numbers[] {
  if (type !== 'audit_gap') return [];
  const { producer: whose = producer, from_seq: from, to_seq: to } = data;
  if (whose !== producer || !isNumber(from) || !isNumber(to) || from > to) return [];
  return [{ producer, from, to, lost: true }];
}
