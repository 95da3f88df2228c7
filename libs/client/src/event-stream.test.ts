import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventStreamParser } from './event-stream.ts';

const parse = (...chunks: string[]) => {
  const parser = new EventStreamParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
};

it('reads fields, ignores comments and unknown fields, joins data lines', () => {
  expect(parse(': connected\nretry: 1000\n\nid: 1\nevent: a\ndata: x\ndata: y\nwhat: z\n\ndata:z\n\n')).toEqual([
    { id: '1', event: 'a', data: 'x\ny' },
    { id: '1', event: 'message', data: 'z' },
  ]);
});

it('property: however the stream is cut into pieces, the messages are the same', () => {
  const line = fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ' '));
  const message = fc.record({ id: line, event: line, data: fc.array(line, { minLength: 1, maxLength: 3 }) });
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 5 }),
      fc.array(fc.nat(200)),
      fc.constantFrom('\n', '\r\n'),
      (messages, cuts, end) => {
        const whole = messages
          .map(({ id, event, data }) =>
            [`id: ${id}`, `event: ${event}`, ...data.map((text) => `data: ${text}`), '', ''].join(end),
          )
          .join('');
        const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...places].map((from, index) => whole.slice(from, places[index] ?? whole.length));
        expect(parse(...pieces)).toEqual(parse(whole));
        expect(parse(whole)).toHaveLength(messages.length);
      },
    ),
  );
});
