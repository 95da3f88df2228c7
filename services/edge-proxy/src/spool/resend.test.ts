import { expect, test } from 'vitest';
import { type Look, Resend } from './resend.ts';

/** Looks once a second from second 1 on. @returns the seconds at which all is sent again. */
function again(resend: Resend, seconds: number, at: (second: number) => Partial<Look>): number[] {
  const found: number[] = [];
  for (let second = 1; second <= seconds; second++) {
    const look = { now: second * 1_000, through: 0, waiting: 0, sentThrough: 10, ...at(second) };
    if (resend.look(look)) found.push(second);
  }
  return found;
}

test('nothing is sent again while the watermark moves, however far behind it is', () => {
  const moving = (second: number): Partial<Look> => ({ through: second, sentThrough: second + 5_000 });
  expect(again(new Resend(0), 300, moving)).toEqual([]);
});

test('nothing is sent again while the queue still holds batches and the worker is only slow', () => {
  expect(again(new Resend(0), 55, () => ({ waiting: 3 }))).toEqual([]);
});

test('what the empty queue does not have and the worker has not told five seconds later is sent again, ever more rarely', () => {
  const found = again(new Resend(0), 100, () => ({ through: 4 }));
  expect(found.slice(0, 4)).toEqual([6, 17, 38, 79]);
});

test('a queue that has forgotten the watermark was wiped: at once', () => {
  const resend = new Resend(0);
  expect(again(resend, 4, (second) => ({ through: second < 3 ? 4 : null, waiting: 1 }))).toEqual([3]);
  expect(resend.acknowledged).toBe(4);
});

test('all is stored: nothing is sent again, also where the queue forgets', () => {
  expect(again(new Resend(0), 60, (second) => ({ through: second < 3 ? 10 : null }))).toEqual([]);
});

test('a queue that is never empty is believed for a minute', () => {
  expect(again(new Resend(0), 70, () => ({ waiting: 1, through: null }))).toEqual([61]);
});
