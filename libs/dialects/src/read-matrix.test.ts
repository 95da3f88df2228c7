import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DialectName } from './dialect.ts';
import { call, fixture, type Heard, heard, readAll, typeOf } from './fixtures/heard.ts';
import { fixturesOf, MATRIX } from './matrix.ts';
import { lastEventEnd } from './sse/boundary.ts';
import type { Usage } from './usage.ts';

const NO_CALLS = { calls: [], errors: [] };
const USAGE: Usage = { input: 1200, cachedInput: 1000, cacheWriteInput: 100, output: 80, reasoningOutput: 64 };
const ANTHROPIC_START: Usage = { input: 1200, cachedInput: 900, cacheWriteInput: 200, output: 1, reasoningOutput: 0 };
const FRESH = { cachedInput: 0, cacheWriteInput: 0, reasoningOutput: 0 };
const CITED = { 'citation 0.0': 'https://example.org/aA' };

/** Every kind of item that a response has; the same whether it streams. */
const ITEMS: Partial<Heard> = {
  texts: {
    'reasoning 0.0': 'In the open.',
    'other 5.0': 'findfinds pages',
    'tool_result 6.0': 'found it',
    'tool_result 8.0': '2\n',
    'tool_result 9.0': 'file_1b.mdnumbers',
    'other 10.0': 'a cat',
    'refusal 13.0': 'I will not.',
  },
  calls: [
    call('call_l', 'local_shell', '{"type":"exec","command":["ls","-la"],"env":{},"timeout_ms":1000}', {
      kind: 'local_shell',
    }),
    call('call_s', 'shell', '{"commands":["pwd","whoami"],"timeout_ms":1000,"max_output_length":100}', {
      kind: 'shell',
    }),
    call('call_p', 'apply_patch', '{"type":"update_file","path":"a.ts","diff":"+x"}', { kind: 'apply_patch' }),
    call('call_c', 'apply_patch', '*** Begin Patch', { kind: 'custom' }),
    call('mcp_1', 'find', '{"q":"x"}', { kind: 'mcp', namespace: 'wiki' }),
    call('mcpr_1', 'drop', '{"table":"users"}', { kind: 'mcp_approval_request', namespace: 'wiki' }),
    call('ci_1', 'code_interpreter', 'print(2)', { kind: 'code_interpreter' }),
    call('fs_1', 'file_search', '["budget"]', { kind: 'file_search' }),
    call('call_u', 'computer', '{"type":"type","text":"typed"}', { kind: 'computer' }),
  ],
  finish: { 0: 'tool_calls' },
};

/** dialect × json, stream × text, tools, reasoning, usage, error. */
const CELLS: readonly (readonly [DialectName, string, Partial<Heard>])[] = [
  [
    'openai-chat',
    'stream-text.sse',
    {
      texts: { 'text 0.0': 'Grüß dich, 世界 👋', 'refusal 0.0': 'but no' },
      finish: { 0: 'stop' },
      usage: null,
      ...NO_CALLS,
    },
  ],
  [
    'openai-chat',
    'stream-two-choices.sse',
    { texts: { 'text 0.0': 'zero more', 'text 1.0': 'one more' }, finish: { 0: 'stop', 1: 'length' }, ...NO_CALLS },
  ],
  [
    'openai-chat',
    'stream-tools.sse',
    {
      texts: {},
      calls: [call('call_a', 'read_file', '{"path":"/tmp/é"}'), call('call_b', 'exec', 'ls -la', { kind: 'custom' })],
      finish: { 0: 'tool_calls' },
    },
  ],
  ['openai-chat', 'stream-reasoning.sse', { texts: { 'reasoning 0.0': 'Think hard.', 'text 0.0': 'Done.' } }],
  ['openai-chat', 'stream-usage.sse', { texts: { 'text 0.0': 'Hi' }, usage: USAGE }],
  ['openai-chat', 'stream-error.sse', { errors: ['overloaded: The engine is overloaded'], finish: {} }],
  ['openai-chat', 'json-text.json', { texts: { 'text 0.0': 'Grüß dich, 世界 👋', ...CITED }, finish: { 0: 'stop' } }],
  [
    'openai-chat',
    'json-tools.json',
    {
      calls: [call('call_a', 'read_file', '{"path":"/tmp/é"}'), call('call_b', 'exec', 'ls -la', { kind: 'custom' })],
      finish: { 0: 'tool_calls' },
    },
  ],
  ['openai-chat', 'json-reasoning.json', { texts: { 'reasoning 0.0': 'Think hard.', 'text 0.0': 'Done.' } }],
  ['openai-chat', 'json-usage.json', { usage: USAGE }],
  ['openai-chat', 'json-error.json', { errors: ['rate_limit_exceeded: Rate limit reached'] }],

  [
    'anthropic-messages',
    'stream-text.sse',
    {
      texts: { 'text 0.0': 'Grüß dich, 世界 👋', 'citation 0.0': 'as it saysA' },
      finish: { 0: 'stop' },
      usage: { ...ANTHROPIC_START, output: 9 },
      ...NO_CALLS,
    },
  ],
  [
    'anthropic-messages',
    'stream-tools.sse',
    {
      texts: { 'text 0.0': 'I look.', 'tool_result 4.0': 'Sunnyhttps://example.org/w' },
      calls: [
        call('toolu_a', 'read_file', '{"path": "/tmp/é"}'),
        call('toolu_b', 'list', '{}'),
        call('srvtoolu_c', 'web_search', '{"query":"weather"}', { kind: 'server_tool_use' }),
      ],
      finish: { 0: 'tool_calls' },
    },
  ],
  ['anthropic-messages', 'stream-reasoning.sse', { texts: { 'reasoning 0.0': 'Think hard.', 'text 2.0': 'Done.' } }],
  [
    'anthropic-messages',
    'stream-usage.sse',
    { usage: { ...USAGE, cachedInput: 900, cacheWriteInput: 200 }, finish: { 0: 'length' } },
  ],
  [
    'anthropic-messages',
    'stream-error.sse',
    { texts: { 'text 0.0': 'Hi', 'other 0.0': 'Overloaded' }, errors: ['overloaded_error: Overloaded'] },
  ],
  [
    'anthropic-messages',
    'json-text.json',
    { texts: { 'text 0.0': 'Grüß dich, 世界 👋', 'citation 0.0': 'as it saysA' }, usage: ANTHROPIC_START, ...NO_CALLS },
  ],
  [
    'anthropic-messages',
    'json-tools.json',
    {
      texts: { 'text 0.0': 'I look.', 'tool_result 4.0': 'found' },
      calls: [
        call('toolu_a', 'read_file', '{"path":"/tmp/é"}'),
        call('toolu_b', 'list', '{}'),
        call('mcptoolu_c', 'search', '{"q":"x"}', { kind: 'mcp_tool_use', namespace: 'wiki' }),
      ],
    },
  ],
  ['anthropic-messages', 'json-reasoning.json', { texts: { 'reasoning 0.0': 'Think hard.', 'text 1.0': 'Done.' } }],
  ['anthropic-messages', 'json-usage.json', { usage: { ...USAGE, cachedInput: 900, cacheWriteInput: 200 } }],
  ['anthropic-messages', 'json-error.json', { errors: ['overloaded_error: Overloaded'] }],

  [
    'openai-responses',
    'stream-text.sse',
    { texts: { 'text 0.0': 'Grüß dich, 世界 👋', ...CITED }, finish: { 0: 'stop' }, usage: null, ...NO_CALLS },
  ],
  [
    'openai-responses',
    'stream-tools.sse',
    {
      texts: {},
      calls: [
        call('call_a', 'read_file', '{"path":"/tmp/é"}', { namespace: 'functions' }),
        call('call_b', 'exec', 'ls -la', { kind: 'custom' }),
        call('ws_1', 'web_search', '{"type":"search","query":"weather"}', { kind: 'web_search' }),
      ],
      finish: { 0: 'tool_calls' },
    },
  ],
  [
    'openai-responses',
    'stream-reasoning.sse',
    { texts: { 'reasoning_summary 0.0': 'Think hard.', 'text 1.0': 'Done.' }, finish: { 0: 'stop' } },
  ],
  ['openai-responses', 'stream-usage.sse', { usage: USAGE, finish: { 0: 'length' } }],
  [
    'openai-responses',
    'stream-error.sse',
    {
      texts: { 'text 0.0': 'Hi', 'other 0.0': 'server_errorThe engine is overloaded' },
      errors: ['server_error: The engine is overloaded'],
      finish: { 0: 'error' },
    },
  ],
  [
    'openai-responses',
    'json-text.json',
    { texts: { 'text 0.0': 'Grüß dich, 世界 👋', ...CITED }, finish: { 0: 'stop' } },
  ],
  [
    'openai-responses',
    'json-tools.json',
    {
      texts: {},
      calls: [
        call('call_a', 'read_file', '{"path":"/tmp/é"}', { namespace: 'functions' }),
        call('call_b', 'exec', 'ls -la', { kind: 'custom' }),
        call('ws_1', 'web_search', '{"type":"search","query":"weather"}', { kind: 'web_search' }),
      ],
      finish: { 0: 'tool_calls' },
    },
  ],
  [
    'openai-responses',
    'json-reasoning.json',
    { texts: { 'reasoning_summary 0.0': 'Think hard.', 'text 1.0': 'Done.' } },
  ],
  ['openai-responses', 'json-usage.json', { usage: USAGE, finish: { 0: 'length' } }],
  ['openai-responses', 'json-error.json', { errors: ['rate_limit_exceeded: Rate limit reached'] }],

  [
    'openai',
    'stream-completion.sse',
    {
      texts: { 'text 0.0': 'Once upon' },
      finish: { 0: 'length' },
      usage: { ...USAGE, input: 3, output: 2, cachedInput: 0, cacheWriteInput: 0, reasoningOutput: 0 },
    },
  ],
  ['openai', 'json-completion.json', { texts: { 'text 0.0': 'Once upon' }, finish: { 0: 'length' } }],
  [
    'openai',
    'json-embedding.json',
    { texts: {}, usage: { input: 5, output: 0, cachedInput: 0, cacheWriteInput: 0, reasoningOutput: 0 } },
  ],
  [
    'openai-chat',
    'stream-legacy-call.sse',
    { texts: {}, calls: [call('', 'read_file', '{"path":"/tmp/é"}')], finish: { 0: 'tool_calls' } },
  ],
  [
    'openai-chat',
    'json-legacy-call.json',
    { texts: {}, calls: [call('', 'read_file', '{"path":"/tmp/é"}')], finish: { 0: 'tool_calls' } },
  ],
  ['openai-chat', 'json-audio.json', { texts: { 'transcript 0.0': 'Good day.' }, finish: { 0: 'stop' } }],
  [
    'openai-chat',
    'stream-asked-usage.sse',
    { texts: { 'text 0.0': 'Hi' }, usage: { ...FRESH, input: 12, output: 1 }, finish: { 0: 'stop' } },
  ],
  [
    'openai-chat',
    'stream-reasoning-details.sse',
    { texts: { 'reasoning 0.1': 'Think hard.', 'reasoning 0.2': 'Think hard.', 'text 0.0': 'Done.' } },
  ],
  ['openai-responses', 'json-items.json', ITEMS],
  ['openai-responses', 'stream-items.sse', ITEMS],
  ['openai-responses', 'json-queued.json', { texts: {}, usage: null, finish: {}, ...NO_CALLS }],
  [
    'anthropic-messages',
    'stream-pause.sse',
    {
      texts: { 'tool_result 1.0': 'one\n' },
      calls: [call('srvtoolu_d', 'code_execution', '{"code": "print(1)"}', { kind: 'server_tool_use' })],
      usage: { ...ANTHROPIC_START, input: 1210, output: 40 },
      finish: { 0: 'pause' },
    },
  ],
  [
    'anthropic-messages',
    'stream-compaction.sse',
    {
      texts: { 'other 0.0': 'What was said.', 'text 1.0': 'Go on.' },
      usage: { ...ANTHROPIC_START, output: 9 },
      finish: { 0: 'stop' },
    },
  ],
  [
    'anthropic-messages',
    'json-refusal.json',
    { texts: { 'refusal 0.0': 'It could do harm.' }, finish: { 0: 'refusal' }, ...NO_CALLS },
  ],
  ['openai', 'json-error.json', { errors: ['model_not_found: The model `m` does not exist'] }],
  [
    'openai',
    'stream-error.sse',
    {
      texts: { 'text 0.0': 'Once', 'other 0.0': 'The engine is overloadedoverloaded' },
      errors: ['overloaded: The engine is overloaded'],
    },
  ],
  // All strings of an unknown wire, in the order in which they stand.
  ['plain', 'json-text.json', { texts: { 'other 0.0': 'mGrüß dich世界 👋' } }],
  ['plain', 'stream-text.sse', { texts: { 'other 0.0': 'Grüß dichCOMPLETE' } }],
  ['plain', 'lines-text.ndjson', { texts: { 'other 0.0': 'massistantGrüß massistantdich, 世界stop' } }],
];

describe('each cell of the matrix is read as its wire means it', () => {
  it.each(CELLS)('%s %s', (name, file, expected) => {
    expect(heard(name, file)).toMatchObject(expected);
    // toMatchObject lets further texts pass.
    if (expected.texts !== undefined) expect(heard(name, file).texts).toEqual(expected.texts);
  });

  it('no cell is without a reading, and no fixture without a cell', () => {
    const named = fixturesOf(MATRIX).map(({ dialect, file }) => `${dialect} ${file}`);
    expect(CELLS.map(([name, file]) => `${name} ${file}`).sort()).toEqual([...named].sort());
    const there = Object.keys(MATRIX).flatMap((name) =>
      readdirSync(new URL(`./${name}/fixtures/`, import.meta.url))
        .filter((file) => file !== 'request.json')
        .map((file) => `${name} ${file}`),
    );
    expect(there.sort()).toEqual([...named].sort());
  });
});

/** Whole events of chunks, as a relay releases them. */
function released(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  let tail = new Uint8Array();
  let turn = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = Math.max(1, sizes[turn++ % sizes.length] ?? 1);
    const joined = new Uint8Array([...tail, ...bytes.subarray(at, at + size)]);
    const end = lastEventEnd(joined);
    if (end > 0) out.push(joined.slice(0, end));
    tail = joined.slice(end);
    at += size;
  }
  return [...out, tail];
}

const STREAMS = CELLS.filter(([, file]) => file.endsWith('.sse'));

describe('chunks', () => {
  it.each(STREAMS)('%s %s reads the same by the byte, by the event, and in any other pieces', (name, file) => {
    const bytes = new Uint8Array(fixture(name, file));
    const whole = readAll(name, typeOf(file), [bytes]);
    expect(readAll(name, typeOf(file), released(bytes, [1]))).toEqual(whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 20 }), (sizes) => {
        expect(readAll(name, typeOf(file), released(bytes, sizes))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it.each(STREAMS)(
    '%s %s reads the same with CRLF, CR, comments, and without a space behind the colon',
    (name, file) => {
      const text = fixture(name, file).toString().replaceAll('\r\n', '\n');
      const whole = readAll(name, typeOf(file), [Buffer.from(text)]);
      for (const other of [
        text.replaceAll('\n', '\r\n'),
        text.replaceAll('\n', '\r'),
        text.replaceAll('data: ', 'data:'),
        text.replaceAll('data: ', ': ping\ndata: '),
        `﻿${text}`,
      ])
        expect(readAll(name, typeOf(file), [Buffer.from(other)])).toEqual(whole);
    },
  );
});
