import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import { argumentEdits, editEvent } from './edit-event.ts';
import type { ReplyEvent, ReplyItem } from './reply.ts';

const FILES = [
  ['openai-chat', 'stream-text.sse'],
  ['openai-chat', 'stream-two-choices.sse'],
  ['openai-chat', 'stream-tools.sse'],
  ['openai-chat', 'json-text.json'],
  ['anthropic-messages', 'stream-text.sse'],
  ['anthropic-messages', 'stream-tools.sse'],
  ['anthropic-messages', 'json-reasoning.json'],
  ['openai-responses', 'stream-text.sse'],
  ['openai-responses', 'stream-tools.sse'],
  ['openai-responses', 'stream-reasoning.sse'],
  ['openai-responses', 'json-tools.json'],
  ['openai', 'stream-completion.sse'],
] as const;

type Spoken = Extract<ReplyItem, { type: 'text' | 'tool_arguments' }>;
const spoken = (event: ReplyEvent): Spoken[] =>
  event.items.filter((item): item is Spoken => item.type === 'text' || item.type === 'tool_arguments');

const isObject = (item: Spoken): boolean => item.type === 'tool_arguments' && item.json === true;

describe.each(FILES)('%s %s', (name, file) => {
  const bytes = new Uint8Array(readFileSync(new URL(`./${name}/fixtures/${file}`, import.meta.url)));
  const type = file.endsWith('.sse') ? 'text/event-stream' : 'application/json';
  const read = (data: Uint8Array): readonly ReplyEvent[] => DIALECTS[name].readReply(type)?.read(data) ?? [];
  const events = read(bytes);
  const editable = events.flatMap((event, at) =>
    spoken(event).flatMap((item) => (item.path === null || isObject(item) ? [] : [{ at, item }])),
  );

  it('an edit of nothing gives the event’s own bytes', () => {
    const parts = events.map((event) => editEvent(bytes, event, []) ?? new Uint8Array());
    expect(Buffer.concat(parts)).toEqual(Buffer.from(bytes));
  });

  it('a text is replaced, and every byte around it stays', () => {
    expect(editable.length).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.nat(editable.length - 1), fc.string({ unit: 'grapheme', minLength: 1 }), (pick, text) => {
        const { at, item } = editable[pick] ?? { at: 0, item: { path: [] } };
        const event = events[at] as ReplyEvent;
        const edited = editEvent(bytes, event, [{ path: item.path ?? [], inner: null, text }]) as Uint8Array;
        const before = Buffer.from(bytes.subarray(event.start, event.end));
        let head = 0;
        while (head < before.length && before[head] === edited[head]) head++;
        // What differs ends with the same tail: the literal is the only thing that changed.
        const literal = Buffer.from(JSON.stringify(text));
        const after = Buffer.from(edited);
        expect(after.includes(literal)).toBe(true);
        const tail = after.length - after.indexOf(literal, Math.max(0, head - literal.length)) - literal.length;
        expect(after.subarray(after.length - tail)).toEqual(before.subarray(before.length - tail));
        const [again] = DIALECTS[name].readReply(type)?.read(edited) ?? [];
        expect(again === undefined ? [] : spoken(again).map((piece) => piece.text)).toContain(text);
      }),
      { numRuns: 60 },
    );
  });
});

describe('an event whose data stands on several lines', () => {
  const raw = Buffer.from('event: x\nid: 7\ndata: {"choices":[{"index":0,\ndata:  "delta":{"content":"old"}}]}\n\n');
  const [event] = DIALECTS['openai-chat'].readReply('text/event-stream')?.read(raw) ?? [];

  it('is read, passes untouched, and is edited with its other fields kept', () => {
    expect(event === undefined ? [] : spoken(event).map(({ text }) => text)).toEqual(['old']);
    if (event === undefined) return;
    expect(Buffer.from(editEvent(raw, event, []) ?? [])).toEqual(raw);
    const path = ['choices', 0, 'delta', 'content'];
    expect(Buffer.from(editEvent(raw, event, [{ path, inner: null, text: 'new' }]) ?? '').toString()).toBe(
      'event: x\nid: 7\ndata: {"choices":[{"index":0,\ndata:  "delta":{"content":"new"}}]}\n\n',
    );
  });
});

it('a place that is not there is refused: nobody may believe that it was edited', () => {
  const raw = Buffer.from('data: {"a":"x"}\n\n: comment\n\n\n');
  const [event, comment] = DIALECTS.plain.readReply('text/event-stream')?.read(raw) ?? [];
  if (event === undefined || comment === undefined) throw new Error('no events');
  expect(editEvent(raw, event, [{ path: ['b'], inner: null, text: 'y' }])).toBeNull();
  expect(editEvent(raw, comment, [{ path: ['a'], inner: null, text: 'y' }])).toBeNull();
});

describe('the arguments of a call are changed whole', () => {
  const CALLS = [
    ['openai-chat', 'stream-tools.sse', 'call_a'],
    ['openai-chat', 'stream-tools.sse', 'call_b'],
    ['openai-chat', 'json-tools.json', 'call_a'],
    ['anthropic-messages', 'stream-tools.sse', 'toolu_a'],
    ['anthropic-messages', 'stream-tools.sse', 'srvtoolu_c'],
    ['openai-responses', 'stream-tools.sse', 'call_a'],
    ['openai-responses', 'stream-tools.sse', 'call_b'],
    ['openai-responses', 'json-tools.json', 'call_b'],
  ] as const;

  it.each(CALLS)('%s %s %s, and those of no other', (name, file, id) => {
    const bytes = new Uint8Array(readFileSync(new URL(`./${name}/fixtures/${file}`, import.meta.url)));
    const type = file.endsWith('.sse') ? 'text/event-stream' : 'application/json';
    const read = (data: Uint8Array): readonly ReplyEvent[] => DIALECTS[name].readReply(type)?.read(data) ?? [];
    const callsOf = (events: readonly ReplyEvent[]) =>
      events.flatMap(({ items }) => items.flatMap((item) => (item.type === 'tool_call' ? [item] : [])));
    const text = '{"path":"[redacted]"}';
    const before = read(bytes);
    const place = callsOf(before).find(({ call }) => call.id === id);
    if (place === undefined) throw new Error('no such call');
    let rest = false;
    const parts = before.map((event) => {
      const edits = argumentEdits(event, place, text, rest) ?? [];
      rest ||= edits.length > 0;
      return editEvent(bytes, event, edits) ?? new Uint8Array();
    });
    const after = Buffer.concat(parts);
    expect(callsOf(read(after)).map(({ call }) => call)).toEqual(
      callsOf(before).map(({ call }) => (call.id === id ? { ...call, arguments: text } : call)),
    );
    // No piece of what it was is left, not even in the events that repeat it.
    expect(after.toString().split('[redacted]').length).toBeGreaterThan(1);
    if (id !== 'srvtoolu_c') expect(after.toString()).not.toMatch(id === 'call_b' ? /-la/ : /tmp/);
  });

  const anthropic = new Uint8Array(
    readFileSync(new URL('./anthropic-messages/fixtures/json-tools.json', import.meta.url)),
  );
  const whole = DIALECTS['anthropic-messages'].readReply('application/json')?.read(anthropic)[0] as ReplyEvent;
  const editWhole = (text: string) => argumentEdits(whole, { index: 1, part: 0 }, text, false);

  it('an object keeps its bytes but for the strings that are new', () => {
    const text = Buffer.from(anthropic).toString();
    const edited = editEvent(anthropic, whole, editWhole('{"path":"[redacted]"}') ?? []);
    expect(Buffer.from(edited ?? []).toString()).toBe(text.replace('/tmp/é', '[redacted]'));
    const none = editEvent(anthropic, whole, editWhole('{"path":"/tmp/é"}') ?? []);
    expect(Buffer.from(none ?? []).equals(Buffer.from(anthropic))).toBe(true);
  });

  it('an object gives way to another where more than strings is new, and to nothing that is none', () => {
    const edited = editEvent(anthropic, whole, editWhole('{"path":["x"],"n":1}') ?? []);
    expect(JSON.parse(Buffer.from(edited ?? []).toString()).content[1].input).toEqual({ path: ['x'], n: 1 });
    for (const text of ['x', '"x"', '7', 'null', '']) expect(editWhole(text)).toBeNull();
  });

  it('commands of a shell that come one by one cannot be: their text is not the call’s', () => {
    const added = { type: 'response.output_item.added', output_index: 0, item: { type: 'shell_call', call_id: 'c' } };
    const delta = { type: 'response.shell_call_command.delta', output_index: 0, command_index: 0, delta: 'ls' };
    const events = DIALECTS['openai-responses']
      .readReply('text/event-stream')
      ?.read(Buffer.from([added, delta].map((data) => `data: ${JSON.stringify(data)}\n\n`).join('')));
    expect(events?.map((event) => argumentEdits(event, { index: 0, part: 0 }, '{}', false))).toEqual([[], null]);
  });
});

describe('probabilities beside a changed text, which spell it again, leave empty', () => {
  const edit = (name: keyof typeof DIALECTS, value: unknown, path: (string | number)[]) => {
    const raw = Buffer.from(`data: ${JSON.stringify(value)}\n\n`);
    const [event] = DIALECTS[name].readReply('text/event-stream')?.read(raw) ?? [];
    const edited = event === undefined ? null : editEvent(raw, event, [{ path, inner: null, text: 'x' }]);
    return JSON.parse(
      Buffer.from(edited ?? [])
        .toString()
        .slice(6),
    );
  };
  const logprobs = [{ token: 'secret', logprob: -0.1, top_logprobs: [] }];

  it('Chat: those of the choice, and of no other', () => {
    const choice = (index: number) => ({ index, delta: { content: 'secret' }, logprobs: { content: logprobs } });
    const { choices } = edit('openai-chat', { id: 'c', choices: [choice(0), choice(1)] }, [
      'choices',
      0,
      'delta',
      'content',
    ]);
    expect(choices[0]).toEqual({ index: 0, delta: { content: 'x' }, logprobs: null });
    expect(choices[1]).toEqual(choice(1));
  });

  it('Responses: those of the delta, and of the part in what repeats it', () => {
    const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'secret', logprobs };
    expect(edit('openai-responses', delta, ['delta'])).toEqual({ ...delta, delta: 'x', logprobs: [] });
    const part = { type: 'output_text', text: 'secret', annotations: [], logprobs };
    const done = { type: 'response.content_part.done', output_index: 0, content_index: 0, part };
    expect(edit('openai-responses', done, ['part', 'text']).part).toEqual({ ...part, text: 'x', logprobs: [] });
  });
});
