import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Slots, type Slotted } from './slots.ts';

test('holds what a Set would hold, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (steps) => {
      const members = Array.from({ length: 10 }, (): Slotted => ({ slot: -1 }));
      const slots = new Slots<Slotted>();
      const set = new Set<Slotted>();
      for (const [isAdd, index] of steps) {
        const member = members[index] as Slotted;
        if (isAdd) slots.add(member);
        else slots.remove(member);
        if (isAdd) set.add(member);
        else set.delete(member);
      }
      expect(new Set(slots.all())).toEqual(set);
      expect(slots.size).toBe(set.size);
    }),
  );
});

test('what is shown may leave', () => {
  const slots = new Slots<Slotted>();
  for (let count = 0; count < 5; count++) slots.add({ slot: -1 });
  let shown = 0;
  slots.each((member) => {
    shown++;
    slots.remove(member);
  });
  expect([shown, slots.size]).toEqual([5, 0]);
});
