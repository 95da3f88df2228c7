import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import type { DialectName } from './dialect.ts';
import { editEvent } from './edit-event.ts';

describe('junk', () => {
  const names = fc.constantFrom(...(Object.keys(DIALECTS) as DialectName[]));
  const types = fc.constantFrom('text/event-stream', 'application/json', 'application/x-ndjson');

  it('of bytes: nothing throws, and the events cover every byte', () => {
    fc.assert(
      fc.property(names, types, fc.uint8Array({ maxLength: 200 }), (name, type, bytes) => {
        const reader = DIALECTS[name].readReply(type);
        const events = reader?.read(bytes) ?? [];
        let at = 0;
        for (const { start, end } of events) {
          expect(start).toBe(at);
          at = end;
        }
        expect(at).toBe(bytes.length);
        reader?.end();
      }),
    );
  });

  it('in a stream that was one: nothing throws, nothing changes where nothing is asked, and edits parse', () => {
    const files = fc.constantFrom(
      ...(['openai-chat', 'openai-responses', 'anthropic-messages'] as const).flatMap((name) =>
        ['stream-text.sse', 'stream-tools.sse', 'json-text.json', 'json-tools.json'].map((file) => ({
          name,
          type: file.endsWith('.sse') ? 'text/event-stream' : 'application/json',
          bytes: readFileSync(new URL(`./${name}/fixtures/${file}`, import.meta.url)),
        })),
      ),
    );
    fc.assert(
      fc.property(
        files,
        fc.array(fc.tuple(fc.nat(), fc.nat(9), fc.uint8Array({ maxLength: 4 })), { maxLength: 6 }),
        fc.string({ unit: 'binary', minLength: 1 }),
        ({ name, type, bytes: clean }, cuts, text) => {
          let bytes: Buffer = clean;
          for (const [at, length, put] of cuts) {
            const from = at % bytes.length;
            bytes = Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + length)]);
          }
          const reader = DIALECTS[name].readReply(type);
          const events = reader?.read(bytes) ?? [];
          const untouched = events.map((event) => editEvent(bytes, event, []) ?? new Uint8Array());
          expect(Buffer.concat(untouched).equals(bytes)).toBe(true);
          for (const event of events) {
            for (const item of event.items) {
              // A broken type that was edited is another shape: only what has kept its own is looked at.
              if (item.type !== 'text' || item.path === null || item.kind === 'other') continue;
              const edited = editEvent(bytes, event, [{ path: item.path, inner: null, text }]);
              const again = DIALECTS[name].readReply(type)?.read(edited ?? new Uint8Array()) ?? [];
              const said = again.flatMap(({ items }) =>
                items.map((piece) => (piece.type === 'text' ? piece.text : '')),
              );
              expect(said).toContain(text);
            }
          }
          reader?.end();
        },
      ),
      { numRuns: 300 },
    );
  });

  const keys = fc.constantFrom(
    ...[
      'type',
      'choices',
      'delta',
      'content',
      'tool_calls',
      'index',
      'function',
      'item',
      'response',
      'output',
      'usage',
    ],
    ...[
      'error',
      'text',
      'arguments',
      'content_block',
      'message',
      'output_index',
      'part',
      'id',
      '__proto__',
      'toString',
    ],
  );
  const words = fc.constantFrom(
    ...[
      'content_block_start',
      'content_block_delta',
      'message_start',
      'message',
      'tool_use',
      'text_delta',
      'function_call',
    ],
    ...['response.output_item.done', 'response.completed', 'response.output_text.delta', 'stop', 'constructor', ''],
  );
  const shapes = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.oneof(words, fc.integer(), fc.constant(null), fc.boolean()),
      fc.dictionary(keys, tie('value'), { maxKeys: 6 }),
      fc.array(tie('value'), { maxLength: 4 }),
    ),
  })).value;

  it('of shapes: what looks like the wire and is not is read without an exception, in both directions', () => {
    fc.assert(
      fc.property(names, types, fc.array(shapes, { maxLength: 5 }), (name, type, values) => {
        const reader = DIALECTS[name].readReply(type);
        const end = DIALECTS[name].endByPolicy(type, 'r');
        for (const value of values) {
          const frame = type === 'text/event-stream' ? `data: ${JSON.stringify(value)}\n\n` : JSON.stringify(value);
          for (const event of reader?.read(Buffer.from(frame)) ?? []) end?.released(event);
          expect(DIALECTS[name].readContent(value).segments.every(({ text }) => text !== '')).toBe(true);
          JSON.parse(DIALECTS[name].blockedReply(value, 'no', 'r'));
        }
        reader?.end();
        end?.end('no');
      }),
      { numRuns: 500 },
    );
  });

  it('that nests without end is text that nobody can read', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    for (const name of Object.keys(DIALECTS) as DialectName[]) {
      const [event] = DIALECTS[name].readReply('application/json')?.read(Buffer.from(deep)) ?? [];
      expect(event?.items).toEqual([{ type: 'unread', text: deep }]);
    }
  });
});

it('lines of JSON are known by each of their names', () => {
  for (const type of [
    'application/x-ndjson',
    'application/jsonl',
    'application/x-jsonl; charset=utf-8',
    'application/jsonlines',
  ])
    expect(DIALECTS.plain.readReply(type)?.read(Buffer.from('{"a":"x"}\n{"a":"y"}\n'))).toHaveLength(2);
});

it('audio, files and pictures are bytes', () => {
  for (const dialect of Object.values(DIALECTS))
    for (const type of ['audio/mpeg', 'application/octet-stream', 'image/png', ''])
      expect(dialect.readReply(type)).toBeNull();
});
