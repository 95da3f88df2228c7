import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventFramer, lineEnd, sseEventEnd } from './event-framer.ts';

const lineBreak = fc.constantFrom('\n', '\r\n');
const event = fc
  .tuple(
    fc.array(fc.constantFrom('data: x', 'event: ping', ': note', 'data: {"a":1}', 'data: é'), { minLength: 1 }),
    lineBreak,
  )
  .map(([lines, end]) => lines.map((line) => line + end).join('') + end);
const stream = fc.array(event, { minLength: 1, maxLength: 8 }).map((events) => ({ events, text: events.join('') }));

const pieces = (bytes: Buffer, cuts: readonly number[]): Buffer[] => {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : at[index - 1], end));
};

test('bytes come out exactly as they went in, wherever the stream is torn', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat()), fc.string(), ({ text }, cuts, rest) => {
      const bytes = Buffer.from(text + rest);
      const framer = new EventFramer(sseEventEnd, 1_000_000);
      const out = pieces(bytes, cuts).map((piece) => Buffer.from(framer.push(piece)));
      expect(Buffer.concat([...out, framer.flush()]).equals(bytes)).toBe(true);
    }),
  );
});

test('each release ends where an event ends, and nothing whole is held back', () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat()), ({ events, text }, cuts) => {
      const ends = new Set<number>([0]);
      let length = 0;
      for (const one of events) {
        length += Buffer.byteLength(one);
        ends.add(length);
      }
      const framer = new EventFramer(sseEventEnd, 1_000_000);
      let released = 0;
      let seen = 0;
      for (const piece of pieces(Buffer.from(text), cuts)) {
        seen += piece.length;
        released += framer.push(piece).length;
        expect(ends.has(released)).toBe(true);
        expect(framer.clean).toBe(true);
        // A CR at the very end may be half of a CR LF: then the event waits for one byte more.
        const whole = Math.max(...[...ends].filter((end) => end <= seen));
        if (Buffer.from(text)[seen - 1] !== 13) expect(released).toBe(whole);
      }
      expect(released).toBe(length);
    }),
  );
});

test('an event that outgrows the tail is passed on as it comes, and is no place for a native end', () => {
  const framer = new EventFramer(sseEventEnd, 10);
  expect(framer.push(Buffer.from('data: 12')).length).toBe(0);
  expect(framer.push(Buffer.from('345')).toString()).toBe('data: 12345');
  expect(framer.clean).toBe(false);
  expect(framer.push(Buffer.from('6\n\n')).toString()).toBe('6\n\n');
  expect(framer.clean).toBe(true);
});

test('lines are the events of a stream of JSON lines', () => {
  const framer = new EventFramer(lineEnd, 100);
  expect(framer.push(Buffer.from('{"a":1}\n{"b"')).toString()).toBe('{"a":1}\n');
  expect(framer.push(Buffer.from(':2}\n')).toString()).toBe('{"b":2}\n');
});
