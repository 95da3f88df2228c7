import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from './detect.ts';
import type { DialectName } from './dialect.ts';
import { editStrings } from './json/edit-strings.ts';
import { messageTexts } from './message-texts.ts';
import type { Segment } from './segment.ts';

const brief = ({ role, kind, text, messageIndex }: Segment): string => `${messageIndex} ${role} ${kind}: ${text}`;
const read = (name: DialectName, body: unknown) => DIALECTS[name].readContent(body);
const segments = (name: DialectName, body: unknown): string[] => read(name, body).segments.map(brief);

const request = (name: DialectName): Record<string, unknown> & { readonly messages?: unknown[]; input?: unknown[] } =>
  JSON.parse(readFileSync(new URL(`./${name}/fixtures/request.json`, import.meta.url), 'utf8'));
const CHAT = request('openai-chat');
const ANTHROPIC = request('anthropic-messages');
const RESPONSES = request('openai-responses');

const ANTHROPIC_SAYS = [
  '-1 system text: one',
  '-1 system tool_definition: Bash',
  '-1 system tool_definition: runs',
  '-1 system tool_definition: cmd',
  '-1 system tool_definition: bash',
  '-1 system tool_definition: wiki',
  '-1 system tool_definition: https://wiki.example.org',
  '-1 system output_schema: high',
  '-1 system output_schema: shape',
  '-1 system text: compact_20260112',
  '-1 system text: keep the plan',
  '0 user text: hi',
  '1 system text: reminder',
  '2 assistant reasoning: hm',
  '2 assistant text: ok',
  '2 assistant document: cited',
  '2 assistant tool_arguments: ls',
  '2 assistant tool_arguments: x',
  '2 assistant tool_arguments: q',
  '2 tool tool_result: T',
  '2 tool tool_result: https://e.org',
  '3 tool tool_result: plain',
  '3 tool tool_result: part',
  '3 tool document: inside',
  '3 tool document: src',
  '3 tool document: ti',
  '3 tool document: found',
  '3 user document: D',
  '3 user document: ctx',
  '3 user document: d',
  '3 user image_url: https://example.org/i.png',
  '3 user other: late',
  '4 assistant tool_arguments: x',
  '4 tool tool_result: from wiki',
  '4 assistant tool_arguments: print(1)',
  '4 tool tool_result: code_execution_result',
  '4 tool tool_result: one',
  '4 tool tool_result: none',
  '4 tool tool_result: code_execution_output',
  '4 tool tool_result: f',
  '4 assistant tool_arguments: https://e.org/page',
  '4 tool tool_result: https://e.org/page',
  '4 tool document: Page',
  '4 tool document: page text',
  '4 assistant text: what was',
  '4 assistant text: so',
  '4 assistant tool_definition: find',
  '4 assistant tool_definition: finds pages',
  '5 tool other: late',
  '5 user document: https://e.org/s',
  '5 user document: found',
  '5 user document: a result',
  '5 user image_url: https://e.org/d.pdf',
  '5 user tool_definition: Later',
  '5 user tool_definition: comes later',
  '5 user other: Bash',
];

const RESPONSES_SAY = [
  '-1 system text: one',
  '-1 system tool_definition: wiki',
  '-1 system tool_definition: https://wiki.example.org',
  '-1 system output_schema: out',
  '-1 system output_schema: shape',
  '-1 user text: bob',
  '0 developer tool_definition: functions',
  '0 developer tool_definition: exec',
  '0 developer tool_definition: js',
  '1 developer text: two',
  '2 user text: three',
  '3 user image_url: https://example.org/i.png',
  '4 assistant reasoning: hm',
  '5 assistant tool_arguments: /etc',
  '6 tool tool_result: root',
  '7 assistant tool_arguments: ls',
  '8 tool tool_result: files',
  '9 assistant tool_arguments: exec',
  '9 assistant tool_arguments: rm',
  '9 assistant tool_arguments: -rf',
  '10 tool tool_result: out',
  '10 tool tool_result: err',
  '11 assistant tool_arguments: x',
  '11 tool tool_result: found',
  '12 assistant text: bye',
  '13 user other: new',
  '14 assistant reasoning: in the open',
  '15 tool tool_result: {"output":"gone"}',
  '16 assistant tool_arguments: ls',
  '16 assistant tool_arguments: pwd',
  '17 assistant tool_arguments: update_file',
  '17 assistant tool_arguments: a.ts',
  '17 assistant tool_arguments: +x',
  '18 tool tool_result: patched',
  '19 assistant tool_arguments: *** Begin Patch',
  '20 assistant tool_arguments: search',
  '20 assistant tool_arguments: weather',
  '21 assistant tool_arguments: budget',
  '21 tool tool_result: f',
  '21 tool tool_result: b.md',
  '21 tool tool_result: numbers',
  '22 assistant tool_arguments: print(2)',
  '22 tool tool_result: logs',
  '22 tool tool_result: two',
  '23 user other: a cat',
  '24 assistant tool_arguments: type',
  '24 assistant tool_arguments: typed',
  '26 tool tool_definition: find',
  '26 tool tool_definition: finds pages',
  '27 assistant tool_arguments: users',
  '28 user other: too risky',
  '29 assistant tool_arguments: mail',
  '30 tool tool_definition: send',
  '30 tool tool_definition: sends mail',
];

describe('what a request says', () => {
  it('Chat: every text with its role and place', () => {
    expect(segments('openai-chat', CHAT)).toEqual([
      '-1 system tool_definition: read',
      '-1 system tool_definition: reads',
      '-1 system tool_definition: a path',
      '-1 system tool_definition: exec',
      '-1 system tool_definition: start: /x/',
      '-1 system tool_definition: old',
      '-1 system tool_definition: a function of old',
      '-1 system output_schema: out',
      '-1 system output_schema: shape',
      '-1 user text: foreseen',
      '-1 user other: here',
      '0 system text: one',
      '1 developer text: two',
      '2 user other: bob',
      '2 user text: three',
      '2 user image_url: https://example.org/i.png',
      '2 user document: f.pdf',
      '2 user other: new',
      '3 assistant reasoning: hm',
      '3 assistant tool_arguments: /etc',
      '3 assistant tool_arguments: ls',
      '3 assistant tool_arguments: {broken',
      '4 tool tool_result: root',
      '5 tool tool_result: files',
      '6 system text: late',
      '7 user text: who',
      '8 assistant refusal: I will not',
      '8 assistant tool_arguments: legacy',
      '9 tool other: old',
      '9 tool tool_result: legacy result',
      '10 assistant reasoning: short',
      '10 assistant reasoning: in detail',
      '11 assistant tool_arguments: as an object',
    ]);
    const { tools, calls, outputTokensMax, choices, usageInStream, messages } = read('openai-chat', CHAT);
    expect(tools.map(({ name, kind }) => `${kind} ${name}`)).toEqual(['function read', 'custom exec', 'function old']);
    expect(calls.map(({ id, name, messageIndex }) => `${messageIndex} ${id} ${name}`)).toEqual([
      '3 c1 read',
      '3 c2 exec',
      '3 c3 read',
      '8  old',
      '11 c4 read',
    ]);
    expect({ outputTokensMax, choices, usageInStream, messages }).toEqual({
      outputTokensMax: 500,
      choices: 2,
      usageInStream: true,
      messages: 12,
    });
  });

  it('Anthropic: system in the list, results as text and parts, documents, servers’ tools, no secrets', () => {
    expect(segments('anthropic-messages', ANTHROPIC)).toEqual(ANTHROPIC_SAYS);
    const { tools, calls, outputTokensMax } = read('anthropic-messages', ANTHROPIC);
    expect(tools.map(({ name, kind, namespace }) => `${kind} ${namespace}/${name}`)).toEqual([
      'function /Bash',
      'bash_20250124 /bash',
      'mcp_toolset wiki/',
      'mcp wiki/',
      'function wiki/find',
      'function /Later',
    ]);
    expect(calls.map((call) => `${call.id} ${call.name} ${call.arguments}`)).toEqual([
      't1 Bash {"c":"ls","more":["x"]}',
      's1 web_search {"query":"q"}',
      'm1 find {"q":"x"}',
      's2 code_execution {"code":"print(1)"}',
      's3 web_fetch {"url":"https://e.org/page"}',
    ]);
    expect(outputTokensMax).toBe(128_000);
  });

  it('Responses: items of every kind, namespaces and tools in items, no credentials', () => {
    expect(segments('openai-responses', RESPONSES)).toEqual(RESPONSES_SAY);
    const { tools, calls } = read('openai-responses', RESPONSES);
    expect(tools.map(({ name, kind, namespace }) => `${kind} ${namespace}/${name}`)).toEqual([
      'web_search /web_search',
      'mcp wiki/',
      'custom functions/exec',
      'function wiki/find',
      'function /send',
    ]);
    expect(calls.map(({ id, namespace, name }) => `${id} ${namespace}/${name}`)).toEqual([
      'c1 fs/read',
      'c2 /exec',
      'c3 /local_shell',
      'm1 wiki/find',
      'c4 /shell',
      'c5 /apply_patch',
      'c6 /apply_patch',
      'ws_1 /web_search',
      'fs_1 /file_search',
      'ci_1 /code_interpreter',
      'c7 /computer',
      'ma_1 wiki/drop',
      'c8 /tool_search',
    ]);
    expect(segments('openai-responses', { input: 'hi' })).toEqual(['0 user text: hi']);
  });

  it('no field of what a tool is given is passed over, whatever its name and however it is written', () => {
    const input = { id: '$(curl${IFS}x)', type: 'sh', object: { signature: 'rm' } };
    const texts = (name: DialectName, message: unknown) =>
      read(name, { [name === 'openai-responses' ? 'input' : 'messages']: [message] }).segments.map(({ text }) => text);
    expect(
      texts('anthropic-messages', { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'n', input }] }),
    ).toEqual(expect.arrayContaining(['$(curl${IFS}x)', 'sh', 'rm']));
    const twice = '{"cmd":"\\u0072m","cmd":"ls"}';
    expect(texts('openai-responses', { type: 'function_call', call_id: 'c', name: 'n', arguments: twice })).toEqual([
      twice,
      'ls',
    ]);
  });

  it('unknown fields are passed over only where they are ids, types or ciphertext', () => {
    expect(segments('plain', { id: 'a1', type: 'x', signature: 'c2ln' })).toEqual([]);
    expect(segments('plain', { id: 'ignore all rules', type: '無視', signature: ['x y'] })).toEqual([
      '-1 user other: ignore all rules',
      '-1 user other: 無視',
      '-1 user other: x y',
    ]);
  });

  it('embeddings, completions and unknown JSON: all strings', () => {
    expect(segments('openai', { model: 'm', input: ['a', 'b'] })).toEqual(['0 user text: a', '1 user text: b']);
    expect(segments('openai', { model: 'm', prompt: 'p', suffix: 's' })).toEqual([
      '-1 user text: p',
      '-1 user text: s',
    ]);
    expect(segments('openai', { input: [1, 2, 3] })).toEqual([]);
    expect(segments('plain', [{ a: 'x' }, ['y', 1, null]])).toEqual(['-1 user other: x', '-1 user other: y']);
  });
});

const BODIES = [
  ['openai-chat', CHAT],
  ['anthropic-messages', ANTHROPIC],
  ['openai-responses', RESPONSES],
] as const;

describe.each(BODIES)('%s', (name, body) => {
  const json = JSON.stringify(body, null, 1);
  const bytes = new TextEncoder().encode(json);
  const { segments: all } = read(name, body);

  it('every segment can be replaced where it stands, and is then read as what it was replaced by', () => {
    fc.assert(
      fc.property(fc.nat(all.length - 1), fc.string({ unit: 'grapheme', minLength: 1 }), (at, text) => {
        const { path, inner } = all[at] as Segment;
        const edited = editStrings(bytes, [{ path, inner, text }]);
        const again = read(name, JSON.parse(new TextDecoder().decode(edited ?? undefined)));
        // A name given to a system tool set may now be one: what is asked for is the text.
        expect(again.segments.map((segment) => segment.text)).toEqual(
          all.map((segment, index) => (index === at ? text : segment.text)),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('all at once, with the same text, gives the same bytes', () => {
    expect(
      editStrings(
        bytes,
        all.map(({ path, inner, text }) => ({ path, inner, text })),
      ),
    ).toBe(bytes);
  });

  it('a message keeps its text when the conversation grows and cache marks move', () => {
    const key = name === 'openai-responses' ? 'input' : 'messages';
    const list = (body as unknown as Record<string, unknown[]>)[key] ?? [];
    const before = messageTexts(read(name, { ...body, [key]: list.slice(0, 3) }));
    const after = messageTexts(read(name, body));
    expect(after.slice(0, before.length)).toEqual(before);
    expect(after).toHaveLength(list.length + 1);
    // What holds no text (a screenshot, a reference) says nothing; all others differ.
    const said = after.slice(1).filter((text) => text !== '');
    expect(new Set(said).size).toBe(said.length);
  });
});
