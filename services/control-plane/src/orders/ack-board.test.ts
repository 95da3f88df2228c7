import { expect, it } from 'vitest';
import { AckBoard } from './ack-board.ts';

const ack = (edge: string, exchangesCut = 0, orderId = 'ord_1') => ({ orderId, edge, exchangesCut, sessions: [] });

it('an answer that comes before anybody waits counts', async () => {
  const board = new AckBoard();
  const acks = board.open('ord_1');
  board.take(ack('a', 2));
  await acks.wait(['a'], 60_000);
  expect(acks.received.get('a')?.exchangesCut).toBe(2);
});

it('waits for all edges and no longer', async () => {
  const board = new AckBoard();
  const acks = board.open('ord_1');
  const waiting = acks.wait(['a', 'b'], 60_000);
  board.take(ack('a'));
  board.take(ack('b', 1));
  await waiting;
  expect([...acks.received.keys()]).toEqual(['a', 'b']);
});

it('gives up after the time, with what has come', async () => {
  const board = new AckBoard();
  const acks = board.open('ord_1');
  board.take(ack('a'));
  await acks.wait(['a', 'b'], 5);
  expect([...acks.received.keys()]).toEqual(['a']);
});

it('of two answers of one edge (bell and stream) the one that cut something counts; others’ orders do not', () => {
  const board = new AckBoard();
  const acks = board.open('ord_1');
  board.take(ack('a', 3));
  board.take(ack('a', 0));
  board.take(ack('b', 9, 'ord_2'));
  acks.close();
  board.take(ack('c', 1));
  expect([...acks.received].map(([edge, { exchangesCut }]) => [edge, exchangesCut])).toEqual([['a', 3]]);
});
