/** Fixtures that were cut, spliced, repeated, and swapped in type: nothing throws, nothing changes by itself, and cuts mean nothing. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import { argumentEdits, editEvent } from './edit-event.ts';
import { readAll, typeOf } from './fixtures/heard.ts';
import { editStrings } from './json/edit-strings.ts';
import { keyProblem } from './json/key-problem.ts';
import { fixturesOf, MATRIX } from './matrix.ts';
import { messageTexts } from './message-texts.ts';
import { withoutAskedUsage } from './openai-chat/asked-usage.ts';
import type { ReplyEvent } from './reply.ts';
import { lastEventEnd } from './sse/boundary.ts';

const FIXTURES = fixturesOf(MATRIX).map(({ dialect, file }) => ({
  name: dialect,
  file,
  bytes: readFileSync(new URL(`./${dialect}/fixtures/${file}`, import.meta.url)),
}));
const fixture = fc.constantFrom(...FIXTURES);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Any value in the place of another, at any depth; keys that were taken away, doubled in a list, renamed to nothing. */
function swapped(value: Json, seed: () => number): Json {
  const dice = seed() % 24;
  if (dice === 0) return [null, true, -1, 1e308, '', 'x', [], {}, [[value]], { text: value }][seed() % 10] ?? null;
  if (Array.isArray(value)) {
    const list = value.map((entry) => swapped(entry, seed));
    return dice === 1 ? [...list, ...list] : list;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, entry]) => [key, swapped(entry, seed)] as const);
  return Object.fromEntries(dice === 2 ? entries.slice(1) : entries);
}

function dice(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return state >> 8;
  };
}

/** Data lines as they are, with their values swapped. */
const withSwappedValues = (text: string, seed: number): string => {
  const next = dice(seed);
  const one = (json: string): string => {
    try {
      return JSON.stringify(swapped(JSON.parse(json) as Json, next));
    } catch (error) {
      if (error instanceof SyntaxError) return json;
      throw error;
    }
  };
  if (text.includes('data: ')) return text.replaceAll(/(?<=^data: ).*$/gm, one);
  const whole = one(text);
  return whole === text ? text.split('\n').map(one).join('\n') : whole;
};

const mutation = fc.oneof(
  fc.record({ kind: fc.constant('truncate' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('splice' as const),
    at: fc.nat(),
    other: fixture,
    from: fc.nat(),
    length: fc.nat(300),
  }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), length: fc.nat(500) }),
  fc.record({ kind: fc.constant('swap' as const), seed: fc.nat() }),
);

function mutate(
  bytes: Buffer,
  mutations: readonly (typeof mutation extends fc.Arbitrary<infer M> ? M : never)[],
): Buffer {
  let out = bytes;
  for (const one of mutations) {
    if (one.kind === 'swap') {
      out = Buffer.from(withSwappedValues(out.toString(), one.seed));
      continue;
    }
    const at = one.at % (out.length + 1);
    if (one.kind === 'truncate') out = out.subarray(0, at);
    else if (one.kind === 'repeat') out = Buffer.concat([out.subarray(0, at + one.length), out.subarray(at)]);
    else {
      const from = one.from % one.other.bytes.length;
      out = Buffer.concat([out.subarray(0, at), one.other.bytes.subarray(from, from + one.length), out.subarray(at)]);
    }
  }
  return out;
}

const mutated = fc
  .tuple(fixture, fc.array(mutation, { maxLength: 4 }))
  .map(([{ name, file, bytes }, mutations]) => ({ name, file, bytes: mutate(bytes, mutations) }));

/** As a relay releases it: whole events. */
function inPieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const out: Uint8Array[] = [];
  let tail = new Uint8Array();
  for (let at = 0; at < bytes.length; at += size) {
    tail = new Uint8Array([...tail, ...bytes.subarray(at, at + size)]);
    const end = lastEventEnd(tail);
    if (end === 0) continue;
    out.push(tail.slice(0, end));
    tail = tail.slice(end);
  }
  return [...out, tail];
}

describe('replies', () => {
  it('nothing throws, and no byte changes by itself', () => {
    fc.assert(
      fc.property(mutated, fc.constantFrom('new', '{"a":1}'), ({ name, file, bytes }, text) => {
        const dialect = DIALECTS[name];
        const reader = dialect.readReply(typeOf(file));
        const ending = dialect.endByPolicy(typeOf(file), 'exc_1');
        const events = reader?.read(bytes) ?? [];
        expect(
          Buffer.concat(events.map((event) => editEvent(bytes, event, []) ?? Buffer.from('?'))).equals(bytes),
        ).toBe(true);
        for (const event of events) {
          ending?.released(event);
          everyEdit(bytes, event, text);
        }
        reader?.end();
        ending?.end('no');
      }),
      { numRuns: 600 },
    );
  });

  it('is read the same in any pieces', () => {
    fc.assert(
      fc.property(
        mutated.filter(({ file }) => file.endsWith('.sse')),
        fc.integer({ min: 1, max: 900 }),
        ({ name, file, bytes }, size) => {
          expect(readAll(name, typeOf(file), inPieces(bytes, size))).toEqual(readAll(name, typeOf(file), [bytes]));
        },
      ),
      { numRuns: 300 },
    );
  });

  /** Whatever may be asked of an event gives an event that can be read, or nothing at all. */
  function everyEdit(bytes: Uint8Array, event: ReplyEvent, text: string): void {
    const own = bytes.subarray(event.start, event.end);
    withoutAskedUsage(own, event.value);
    for (const item of event.items) {
      if (item.type !== 'text' && item.type !== 'tool_arguments') continue;
      const edits =
        item.type === 'tool_arguments'
          ? argumentEdits(event, item, text, false)
          : item.path === null
            ? null
            : [{ path: item.path, inner: null, text }];
      const edited = edits === null ? null : editEvent(bytes, event, edits);
      if (edited === null || edits?.length === 0 || event.dataStart < 0) continue;
      const data = Buffer.from(edited).subarray(
        event.dataStart - event.start,
        edited.length - (event.end - event.dataEnd),
      );
      JSON.parse(data.toString().replace(/^\ufeff/, ''));
    }
  }
});

const REQUESTS = (['openai-chat', 'openai-responses', 'anthropic-messages'] as const).map((name) => ({
  name,
  json: readFileSync(new URL(`./${name}/fixtures/request.json`, import.meta.url), 'utf8'),
}));

describe('requests', () => {
  it('with types swapped: nothing throws, every segment can be edited where it stands, and nothing else changes', () => {
    fc.assert(
      fc.property(fc.nat(REQUESTS.length - 1), fc.nat(), fc.nat(), (at, seed, pick) => {
        const { name, json } = REQUESTS[at] ?? { name: 'openai-chat' as const, json: '' };
        const body = swapped(JSON.parse(json) as Json, dice(seed));
        const bytes = Buffer.from(JSON.stringify(body));
        expect(keyProblem(bytes, DIALECTS[name].keyRules)?.kind ?? 'folded').not.toBe('duplicate');
        DIALECTS[name].readRequest(body);
        const content = DIALECTS[name].readContent(body);
        expect(messageTexts(content)).toHaveLength(content.messages + 1);
        const { segments } = content;
        expect(editStrings(bytes, segments)).toBe(bytes);
        const one = segments[pick % Math.max(1, segments.length)];
        if (one === undefined) return;
        const edited = editStrings(bytes, [{ ...one, text: '[gone]' }]);
        expect(edited).not.toBeNull();
        expect(Buffer.from(edited ?? []).toString()).toContain('[gone]');
      }),
      { numRuns: 600 },
    );
  });
});
