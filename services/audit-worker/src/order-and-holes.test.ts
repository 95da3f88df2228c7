import type { PendingEvent } from '@elida/postgres';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ageHoles, type OpenHole, ripe } from './hole-watch.ts';
import { numbersOf } from './numbers.ts';
import { inOrder } from './sequence.ts';

const numbered = (producer: string, seq: number) => ({ producer, seq, type: 'exchange' as const, data: {} });

describe('numbers of a batch', () => {
  it('as ranges are the same numbers, however they are shuffled and doubled', () => {
    const events = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 30 })), { maxLength: 60 });
    fc.assert(
      fc.property(events, (list) => {
        const ranges = numbersOf(list.map(([producer, seq]) => numbered(producer, seq)));
        const found = ranges.flatMap(({ producer, from, to }) =>
          Array.from({ length: to - from + 1 }, (_, n) => `${producer} ${from + n}`),
        );
        expect(found.toSorted()).toEqual([...new Set(list.map((one) => one.join(' ')))].toSorted());
      }),
    );
  });

  it('of a whole batch of an edge are one range', () => {
    const events = Array.from({ length: 500 }, (_, n) => numbered('edge-1', n + 7));
    expect(numbersOf(events)).toEqual([{ producer: 'edge-1', from: 7, to: 506, lost: false }]);
  });

  it('that a producer says it lost are lost, and nobody says so of another', () => {
    const gap = (whose: string) => ({
      ...numbered('edge-1', 9),
      type: 'audit_gap' as const,
      data: { producer: whose, from_seq: 3, to_seq: 8, reason: 'overflow' },
    });
    expect(numbersOf([gap('edge-1')])).toContainEqual({ producer: 'edge-1', from: 3, to: 8, lost: true });
    expect(numbersOf([gap('edge-2')])).toEqual([{ producer: 'edge-1', from: 9, to: 9, lost: false }]);
  });

  it('that are no numbers count for nothing', () => {
    expect(numbersOf([0, -1, Number.NaN, 2 ** 60].map((seq) => numbered('edge-1', seq)))).toEqual([]);
  });
});

describe('holes', () => {
  const hole = (from: number, to: number) => ({ producer: 'edge-1', from, to });
  const aged = (from: number, to: number, since: number): OpenHole => ({ ...hole(from, to), since });

  it('keep their age where they were open before; what is new begins', () => {
    expect(ageHoles([aged(5, 9, 1)], [hole(3, 12)], 7)).toEqual([aged(3, 4, 7), aged(5, 9, 1), aged(10, 12, 7)]);
    expect(ageHoles([aged(5, 9, 1)], [hole(5, 6), hole(8, 9)], 7)).toEqual([aged(5, 6, 1), aged(8, 9, 1)]);
    expect(ageHoles([aged(5, 9, 1)], [], 7)).toEqual([]);
  });

  it('that are old enough are one where they touch, and only those', () => {
    expect(ripe([aged(1, 2, 1), aged(3, 4, 2), aged(6, 7, 2), aged(8, 9, 9)], 5)).toEqual([hole(1, 4), hole(6, 7)]);
  });

  it('aged once more are the same numbers, none younger than it was', () => {
    const span = fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.nat(6))
      .map(([from, more]) => ({ from, to: from + more }));
    const apart = fc.array(span, { maxLength: 5 }).map((spans) => {
      let next = 0;
      return spans.map(({ from, to }) => {
        const start = next + from;
        next = start + to - from + 1;
        return hole(start, next - 1);
      });
    });
    fc.assert(
      fc.property(apart, apart, (first, second) => {
        const before = ageHoles([], first, 1);
        const after = ageHoles(before, second, 2);
        const ages = (holes: readonly OpenHole[]) =>
          new Map(
            holes.flatMap(({ from, to, since }) =>
              Array.from({ length: to - from + 1 }, (_, n): [number, number] => [from + n, since]),
            ),
          );
        const [old, now] = [ages(before), ages(after)];
        expect([...now.keys()]).toEqual(
          second.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n)),
        );
        for (const [number, since] of now) expect(since).toBe(old.has(number) ? 1 : 2);
      }),
    );
  });
});

describe('the order of the log', () => {
  const pending = (producer: string, seq: number, id: number): PendingEvent => ({
    place: '',
    producer,
    seq,
    id,
    eventId: `${producer}-${seq}`,
    occurredAt: new Date(0),
    leafHash: Buffer.alloc(32),
    isKnown: false,
  });

  it('of each producer is that of its numbers; of events that came in order, that of their coming', () => {
    const ids = fc.uniqueArray(fc.nat(1_000), { maxLength: 40 });
    fc.assert(
      fc.property(ids, fc.infiniteStream(fc.constantFrom('a', 'b', 'c')), (list, names) => {
        const counts = new Map<string, number>();
        const events = list.map((id) => {
          const producer = names.next().value as string;
          const seq = (counts.get(producer) ?? 0) + 1;
          counts.set(producer, seq);
          return pending(producer, seq, id);
        });
        // As the table gives them: producer by producer.
        const given = events.toSorted((x, y) =>
          x.producer < y.producer ? -1 : x.producer > y.producer ? 1 : x.seq - y.seq,
        );
        const ordered = inOrder(given);
        for (const [, own] of Map.groupBy(ordered, ({ producer }) => producer))
          expect(own.map(({ seq }) => seq)).toEqual(own.map((_, n) => n + 1));
        const isInOrder = events.every(({ id }, n) => n === 0 || id > (events[n - 1]?.id ?? 0));
        if (isInOrder) expect(ordered.map(({ id }) => id)).toEqual(list);
      }),
    );
  });
});
