/** Any reply, cut anywhere: one verdict, one text, one bill. */
import { readdirSync, readFileSync } from 'node:fs';
import type { DialectName } from '@elida/dialects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAt, edgePolicy, heard, type Outcome, runReply } from '../harness/reply.ts';
import { type Said, WIRES, type Wire } from './reply-wires.ts';

const RUNS = 60;
const DIALECTS: readonly DialectName[] = ['openai-chat', 'openai-responses', 'anthropic-messages', 'openai'];
const folder = (name: DialectName): URL => new URL(`../../libs/dialects/src/${name}/fixtures/`, import.meta.url);
const typeOf = (file: string): string => (file.endsWith('.sse') ? 'text/event-stream' : 'application/json');

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 24 });
const cutBy = (bytes: Buffer, places: readonly number[]): Buffer[] =>
  cutAt(
    bytes,
    places.map((place) => Math.floor(place * bytes.length)),
  );

const told = ({ bytes, verdict, stop, usage, calls, finish }: Outcome) => ({
  text: bytes.toString('latin1'),
  ...{ verdict, stop, usage, calls, finish },
});

describe('replies of the fixtures', async () => {
  const policies = {
    metered: null,
    standard: await edgePolicy({ preset: 'standard' }),
    strict: await edgePolicy({ preset: 'strict' }),
  };

  describe.each(DIALECTS)('%s', (dialect) => {
    it.each(readdirSync(folder(dialect)).filter((file) => /^(stream|json)-/.test(file)))('%s', (file) => {
      const bytes = readFileSync(new URL(file, folder(dialect)));
      for (const policy of Object.values(policies)) {
        const run = { dialect, type: typeOf(file), policy };
        const whole = runReply(run, [bytes]);
        if (policy === null) expect(whole.bytes.equals(bytes)).toBe(true);
        fc.assert(
          fc.property(cuts, (places) => {
            expect(told(runReply(run, cutBy(bytes, places)))).toEqual(told(whole));
          }),
          { numRuns: RUNS },
        );
      }
    });
  });
});

const SECRETS = ['key-12345678', 'pin 4711 4711', 'пароль-хх'];
const RULES = [
  { name: 'key', patterns: ['key-[0-9]{8}'], action: 'redact' },
  { name: 'pin', patterns: ['pin( [0-9]{4}){1,4}'], action: 'sanitize' },
  { name: 'word', patterns: ['пароль-х{1,9}'], action: 'redact' },
  { name: 'greeting', patterns: ['good (morning|day)'], action: 'flag' },
].map((rule) => ({ ...rule, type: 'content_match', target: 'response' }));

/** Words, near misses and secrets, glued or not. */
const words = fc
  .array(
    fc.constantFrom(
      ...SECRETS,
      'key-',
      'key-1234',
      'pin ',
      '4711',
      'good day',
      ' and ',
      '👋',
      'é',
      'пароль',
      '\n',
      '"',
      '\\',
      'x',
    ),
    {
      maxLength: 14,
    },
  )
  .map((parts) => parts.join(''));

const piecesOf = (text: string, places: readonly number[]): string[] => {
  const characters = [...text];
  const ends = [...places.map((place) => Math.floor(place * characters.length)), characters.length].sort(
    (a, b) => a - b,
  );
  let from = 0;
  return ends.flatMap((end) => {
    const piece = characters.slice(from, end).join('');
    from = Math.max(from, end);
    return piece === '' ? [] : [piece];
  });
};

const saidOf = (wire: Wire) => {
  const kinds = fc.constantFrom<Said['kind']>(
    ...(['text', 'reasoning', 'call'] as const).filter((kind) =>
      wire.places.includes(kind === 'call' ? 'tool arguments' : kind),
    ),
  );
  const choices = wire.places.includes('n > 1') ? fc.nat({ max: 2 }) : fc.constant(0);
  return fc
    .array(fc.record({ kind: kinds, choice: choices, text: words, places: cuts }), { minLength: 1, maxLength: 4 })
    .map((all) =>
      all.map(({ kind, choice, text, places }): Said => {
        const whole = kind === 'call' ? JSON.stringify({ command: text, list: [text, 'x'] }) : text;
        return { kind, choice, pieces: piecesOf(whole, places) };
      }),
    );
};

/** Reasoning first, as it comes; of one choice the pieces of a text are not torn apart by another. */
const inOrder = (said: readonly Said[]): Said[] => {
  const rank: Readonly<Record<Said['kind'], number>> = { reasoning: 0, text: 1, call: 2 };
  const once = new Map<string, Said>();
  for (const one of said)
    if (one.pieces.length > 0) once.set(one.kind === 'call' ? `call ${once.size}` : `${one.kind} ${one.choice}`, one);
  return [...once.values()].sort((a, b) => rank[a.kind] - rank[b.kind]);
};

describe('replies that were made up', async () => {
  const policy = await edgePolicy({ rules: RULES });

  it.each(WIRES)('$name: the stream leaves as the body does, and no secret in either', (wire) => {
    fc.assert(
      fc.property(saidOf(wire), cuts, fc.constantFrom('\n', '\r\n'), (made, places, lineEnd) => {
        const said = inOrder(made);
        if (said.length === 0) return;
        const run = { dialect: wire.dialect, policy };
        const bytes = Buffer.from(wire.stream(said, lineEnd).join(''));
        const streamed = runReply({ ...run, type: wire.type.stream }, cutBy(bytes, places));
        const body = runReply({ ...run, type: wire.type.json }, [Buffer.from(wire.json(said))]);
        const texts = heard(wire.dialect, wire.type.stream, streamed.bytes);
        for (const secret of SECRETS) {
          expect(Object.values(texts).join('\0')).not.toContain(secret);
          expect(streamed.bytes.includes(secret)).toBe(false);
          expect(body.bytes.includes(secret)).toBe(false);
        }
        if (wire.dialect === 'plain') return;
        expect(texts).toEqual(heard(wire.dialect, wire.type.json, body.bytes));
        expect(streamed.verdict?.decision).toEqual(body.verdict?.decision);
        const rules = ({ verdict }: Outcome) => verdict?.found.map(({ finding }) => finding.rule).sort();
        expect(rules(streamed)).toEqual(rules(body));
      }),
      { numRuns: 300 },
    );
  });
});
