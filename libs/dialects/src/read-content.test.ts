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

const CHAT = {
  model: 'gpt-5.5',
  n: 2,
  max_completion_tokens: 500,
  stream_options: { include_usage: true },
  tools: [
    {
      type: 'function',
      function: { name: 'read', description: 'reads', parameters: { properties: { p: { description: 'a path' } } } },
    },
    { type: 'custom', custom: { name: 'exec', format: { grammar: { definition: 'start: /x/' } } } },
  ],
  response_format: { type: 'json_schema', json_schema: { name: 'out', schema: { description: 'shape' } } },
  messages: [
    { role: 'system', content: 'one' },
    { role: 'developer', content: [{ type: 'text', text: 'two' }] },
    {
      role: 'user',
      name: 'bob',
      content: [
        { type: 'text', text: 'three', prompt_cache_breakpoint: { mode: 'explicit' } },
        { type: 'image_url', image_url: { url: 'https://example.org/i.png' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
        { type: 'file', file: { filename: 'f.pdf', file_data: 'data:application/pdf;base64,AAAA' } },
        { type: 'hologram', beam: 'new' },
      ],
    },
    {
      role: 'assistant',
      content: null,
      function_call: null,
      reasoning_content: 'hm',
      tool_calls: [
        { id: 'c1', type: 'function', function: { name: 'read', arguments: '{"p":"\\u002fetc"}' } },
        { id: 'c2', type: 'custom', custom: { name: 'exec', input: 'ls' } },
        { id: 'c3', type: 'function', function: { name: 'read', arguments: '{broken' } },
      ],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'root' },
    { role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'files' }] },
    { role: 'system', content: 'late' },
    { role: 'martian', content: 'who' },
  ],
  unknown_field: { deep: ['here'] },
};

const ANTHROPIC = {
  model: 'claude-opus-5-5',
  max_tokens: 128_000,
  system: [{ type: 'text', text: 'one', cache_control: { type: 'ephemeral' } }],
  tools: [
    { name: 'Bash', description: 'runs', input_schema: { type: 'object', properties: { c: { description: 'cmd' } } } },
    { type: 'bash_20250124', name: 'bash' },
    { type: 'mcp_toolset', mcp_server_name: 'wiki' },
  ],
  mcp_servers: [{ type: 'url', name: 'wiki', url: 'https://wiki.example.org', authorization_token: 'secret' }],
  messages: [
    { role: 'user', content: 'hi' },
    { role: 'system', content: 'reminder' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'AAAA' },
        { type: 'text', text: 'ok', citations: [{ cited_text: 'cited' }] },
        { type: 'tool_use', id: 't1', name: 'Bash', input: { c: 'ls', more: ['x'] } },
        { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'q' } },
        { type: 'web_search_tool_result', tool_use_id: 's1', content: [{ title: 'T', url: 'https://e.org' }] },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 't1', content: 'plain' },
        {
          type: 'tool_result',
          tool_use_id: 't1',
          content: [
            { type: 'text', text: 'part' },
            { type: 'document', source: { type: 'text', data: 'inside' } },
            { type: 'search_result', source: 'src', title: 'ti', content: [{ type: 'text', text: 'found' }] },
          ],
        },
        {
          type: 'document',
          title: 'D',
          context: 'ctx',
          source: { type: 'content', content: [{ type: 'text', text: 'd' }] },
        },
        { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AAAA' } },
        { type: 'image', source: { type: 'url', url: 'https://example.org/i.png' } },
        { type: 'tool_addition', tool: { name: 'late' } },
      ],
    },
  ],
};

const RESPONSES = {
  model: 'gpt-6.1-sol',
  instructions: 'one',
  max_output_tokens: 9,
  text: { format: { type: 'json_schema', name: 'out', schema: { description: 'shape' } } },
  prompt: { id: 'p', variables: { who: 'bob' } },
  tools: [
    { type: 'web_search' },
    { type: 'mcp', server_label: 'wiki', server_url: 'https://wiki.example.org', authorization: 'secret' },
  ],
  input: [
    {
      type: 'additional_tools',
      role: 'developer',
      tools: [{ type: 'namespace', name: 'functions', tools: [{ type: 'custom', name: 'exec', description: 'js' }] }],
    },
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'two' }] },
    { role: 'user', content: 'three' },
    { type: 'message', role: 'user', content: [{ type: 'input_image', image_url: 'https://example.org/i.png' }] },
    { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'hm' }], encrypted_content: 'AAAA' },
    { type: 'function_call', call_id: 'c1', name: 'read', namespace: 'fs', arguments: '{"p":"\\u002fetc"}' },
    { type: 'function_call_output', call_id: 'c1', output: 'root' },
    { type: 'custom_tool_call', call_id: 'c2', name: 'exec', input: 'ls' },
    { type: 'custom_tool_call_output', call_id: 'c2', output: [{ type: 'input_text', text: 'files' }] },
    { type: 'local_shell_call', call_id: 'c3', action: { type: 'exec', command: ['rm', '-rf'] } },
    { type: 'shell_call_output', call_id: 'c4', output: [{ stdout: 'out', stderr: 'err' }] },
    { type: 'mcp_call', id: 'm1', server_label: 'wiki', name: 'find', arguments: '{"q":"x"}', output: 'found' },
    { type: 'message', role: 'assistant', phase: 'final_answer', content: [{ type: 'output_text', text: 'bye' }] },
    { type: 'agent_message', text: 'new' },
  ],
};

describe('what a request says', () => {
  it('Chat: every text with its role and place', () => {
    expect(segments('openai-chat', CHAT)).toEqual([
      '-1 system tool_definition: read',
      '-1 system tool_definition: reads',
      '-1 system tool_definition: a path',
      '-1 system tool_definition: exec',
      '-1 system tool_definition: start: /x/',
      '-1 system output_schema: out',
      '-1 system output_schema: shape',
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
    ]);
    const { tools, calls, outputTokensMax, choices, usageInStream, messages } = read('openai-chat', CHAT);
    expect(tools.map(({ name, kind }) => `${kind} ${name}`)).toEqual(['function read', 'custom exec']);
    expect(calls.map(({ id, name, messageIndex }) => `${messageIndex} ${id} ${name}`)).toEqual([
      '3 c1 read',
      '3 c2 exec',
      '3 c3 read',
    ]);
    expect({ outputTokensMax, choices, usageInStream, messages }).toEqual({
      outputTokensMax: 500,
      choices: 2,
      usageInStream: true,
      messages: 8,
    });
  });

  it('Anthropic: system in the list, results as text and parts, documents, servers’ tools, no secrets', () => {
    expect(segments('anthropic-messages', ANTHROPIC)).toEqual([
      '-1 system text: one',
      '-1 system tool_definition: Bash',
      '-1 system tool_definition: runs',
      '-1 system tool_definition: cmd',
      '-1 system tool_definition: bash',
      '-1 system tool_definition: wiki',
      '-1 system tool_definition: https://wiki.example.org',
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
    ]);
    const { tools, calls, outputTokensMax } = read('anthropic-messages', ANTHROPIC);
    expect(tools.map(({ name, kind, namespace }) => `${kind} ${namespace}/${name}`)).toEqual([
      'function /Bash',
      'bash_20250124 /bash',
      'mcp_toolset wiki/',
      'mcp wiki/',
    ]);
    expect(calls.map((call) => `${call.id} ${call.name} ${call.arguments}`)).toEqual([
      't1 Bash {"c":"ls","more":["x"]}',
      's1 web_search {"query":"q"}',
    ]);
    expect(outputTokensMax).toBe(128_000);
  });

  it('Responses: items of every kind, namespaces and tools in items, no credentials', () => {
    expect(segments('openai-responses', RESPONSES)).toEqual([
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
    ]);
    const { tools, calls } = read('openai-responses', RESPONSES);
    expect(tools.map(({ name, kind, namespace }) => `${kind} ${namespace}/${name}`)).toEqual([
      'web_search /web_search',
      'mcp wiki/',
      'custom functions/exec',
    ]);
    expect(calls.map(({ id, namespace, name }) => `${id} ${namespace}/${name}`)).toEqual([
      'c1 fs/read',
      'c2 /exec',
      'c3 /local_shell',
      'm1 wiki/find',
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
    expect(new Set(after.slice(1)).size).toBe(list.length);
  });
});
