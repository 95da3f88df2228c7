/** What waits and what does not, calls that cannot be judged, texts that go on after their end: one case each. */
import { DIALECTS } from '@elida/dialects';
import { openReply, ReplyPipe } from '@elida/edge-proxy/reply';
import { describe, expect, it } from 'vitest';
import { edgePolicy, heard, type Outcome, runReply } from '../harness/reply.ts';

const SSE = 'text/event-stream';
const KEY = { name: 'key', type: 'content_match', target: 'response', patterns: ['key-[0-9]{8}'] };
const redacting = await edgePolicy({ rules: [{ ...KEY, action: 'redact' }] });
const blocking = await edgePolicy({ rules: [{ ...KEY, action: 'block', description: 'no keys' }] });
const DELETE = { path: '$..command', operator: 'shell_matches', value: 'rm -rf /' };
const guarding = await edgePolicy({
  rules: [{ name: 'no_delete', type: 'tool', action: 'block', arguments: [DELETE], description: 'no deleting' }],
});

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const delta = (fields: object, index = 0, finish: string | null = null): string =>
  event({ id: 'c1', choices: [{ index, delta: fields, finish_reason: finish }] });
const DONE = 'data: [DONE]\n\n';
const named = (type: string, fields: object): string => `event: ${type}\n${event({ type, ...fields })}`;

type Policy = typeof redacting;
const chat = (policy: Policy, events: readonly string[]): Outcome =>
  runReply(
    { dialect: 'openai-chat', type: SSE, policy },
    events.map((one) => Buffer.from(one)),
  );
const responses = (policy: Policy, events: readonly string[]): Outcome =>
  runReply(
    { dialect: 'openai-responses', type: SSE, policy },
    events.map((one) => Buffer.from(one)),
  );
const anthropic = (policy: Policy, events: readonly string[]): Outcome =>
  runReply(
    { dialect: 'anthropic-messages', type: SSE, policy },
    events.map((one) => Buffer.from(one)),
  );

describe('how long something waits', () => {
  it('text that no rule can be about leaves with the event that brought it', () => {
    const { leftAfter, bytes } = chat(redacting, [delta({ content: 'hello' }), delta({ content: ' there' })]);
    expect(leftAfter).toBe(1);
    expect(bytes.toString()).toContain('there');
  });

  it('the beginning of a match waits until it is none', () => {
    expect(chat(redacting, [delta({ content: 'key-12' }), delta({ content: ' or not' }), DONE]).leftAfter).toBe(2);
  });

  it('where rules only flag, nothing waits', async () => {
    const flagging = await edgePolicy({ rules: [{ ...KEY, action: 'flag' }] });
    const { leftAfter, verdict } = chat(flagging, [delta({ content: 'key-12345' }), delta({ content: '678' }), DONE]);
    expect(leftAfter).toBe(1);
    expect(verdict?.decision.action).toBe('flag');
  });

  it('what comes behind a thought is not held up by the last word of it', () => {
    const events = [delta({ reasoning_content: 'maybe a key-' }), delta({ content: 'Hello' }), delta({ content: '!' })];
    expect(chat(redacting, events).leftAfter).toBe(2);
  });

  it('blocks of a message: the next one ends the one before', () => {
    const block = (index: number, text: string): string[] => [
      named('content_block_start', { index, content_block: { type: 'text', text: '' } }),
      named('content_block_delta', { index, delta: { type: 'text_delta', text } }),
      named('content_block_stop', { index }),
    ];
    const { leftAfter, bytes } = anthropic(redacting, [...block(0, 'key-1234'), ...block(1, 'more'), 'event: ping\n']);
    expect(leftAfter).toBe(1);
    expect(bytes.toString()).toContain('key-1234');
  });

  it('a call waits for its last argument, and what stands behind it waits with it', () => {
    const call = (text: string, more: object = {}) =>
      delta({ tool_calls: [{ index: 0, function: { arguments: text }, ...more }] });
    const events = [
      call('{"command":', { id: 'a', function: { name: 'run', arguments: '{"command":' } }),
      call('"ls"}'),
      delta({}, 0, 'tool_calls'),
    ];
    const { leftAfter, bytes } = chat(guarding, events);
    expect(leftAfter).toBe(3);
    expect(bytes.toString()).toBe(events.join(''));
  });
});

describe('a word to who waits', () => {
  const opened = (type: string) => {
    const dialect = DIALECTS['openai-chat'];
    const reply = { id: 'exc_1', path: '', dialect, policy: guarding, streams: true, stripUsage: false };
    const into = { usage: null, aside: [], finish: '' as const, called: () => {} };
    const sink = {
      onLeaving: () => true,
      onStopped: () => {},
      onWhole: () => {},
      onBroken: () => {},
      onRoom: () => {},
    };
    const parts = { budget: { take: () => true, give: () => {} } as never, clock: { monotonic: () => 0 } };
    return new ReplyPipe(openReply({ ...reply, ...into }, 200, type, ''), sink, parts);
  };

  it('a comment, while a call of a stream is held, and only then', () => {
    const pipe = opened(SSE);
    pipe.push(Buffer.from(delta({ content: 'I call' })));
    expect(pipe.keepAlive()).toBeNull();
    pipe.push(Buffer.from(delta({ tool_calls: [{ index: 0, id: 'a', function: { name: 'run', arguments: '{' } }] })));
    expect(String(pipe.keepAlive())).toBe(': keep-alive\n\n');
    pipe.push(
      Buffer.from(delta({ tool_calls: [{ index: 0, function: { arguments: '}' } }] }) + delta({}, 0, 'tool_calls')),
    );
    expect(pipe.keepAlive()).toBeNull();
  });

  it('never in a body', () => {
    const pipe = opened('application/json');
    pipe.push(Buffer.from('{"choices":'));
    expect(pipe.keepAlive()).toBeNull();
  });
});

describe('a text that goes on after its end', () => {
  it('with a match across that end: what is left of it does not leave', () => {
    const events = [
      delta({ reasoning_content: 'key-1234' }),
      delta({ content: 'so' }),
      delta({ reasoning_content: '5678' }),
      delta({ content: ' on' }),
    ];
    const { stop, bytes, verdict } = chat(redacting, events);
    expect(stop).toMatchObject({ action: 'block', rule: 'key' });
    expect(bytes.toString()).not.toContain('5678');
    expect(verdict?.decision).toMatchObject({ action: 'block', rule: 'key' });
  });

  it('without one: nothing changes, however often', () => {
    const events = Array.from({ length: 40 }, (_, at) => [
      delta({ reasoning_content: `key-${at} ` }),
      delta({ content: 'and key-' }),
    ]).flat();
    expect(chat(redacting, [...events, DONE]).bytes.toString()).toBe([...events, DONE].join(''));
  });
});

describe('what a wire says again', () => {
  const item = { id: 'm', type: 'message', role: 'assistant' };
  const text = (said: string) => ({ ...item, content: [{ type: 'output_text', text: said, annotations: [] }] });
  const place = { output_index: 0, content_index: 0, item_id: 'm' };

  it('in other words than before: is judged by itself', () => {
    const { stop, bytes } = responses(blocking, [
      named('response.output_item.added', { output_index: 0, item: { ...item, content: [] } }),
      named('response.output_text.delta', { ...place, delta: 'a kind word..' }),
      named('response.output_text.done', { ...place, text: ' key-12345678' }),
      named('response.output_item.done', { output_index: 0, item: text(' key-12345678') }),
    ]);
    expect(stop?.rule).toBe('key');
    expect(bytes.toString()).not.toContain('12345678');
  });

  it('a whole text behind another one begins anew: no word before it hides its beginning', async () => {
    const worded = await edgePolicy({ rules: [{ ...KEY, patterns: ['\\bkey-[0-9]{8}\\b'], action: 'block' }] });
    const { stop } = responses(worded, [
      named('response.output_text.delta', { ...place, delta: 'mon' }),
      named('response.output_text.done', { ...place, text: 'key-12345678' }),
    ]);
    expect(stop?.rule).toBe('key');
  });

  it('arguments that are not those of the pieces: the call is stopped', () => {
    const call = { id: 'fc', type: 'function_call', call_id: 'a', name: 'run' };
    const { stop, bytes } = responses(guarding, [
      named('response.output_item.added', { output_index: 0, item: { ...call, arguments: '' } }),
      named('response.function_call_arguments.delta', { output_index: 0, delta: '{"command":"rm -rf /"}' }),
      named('response.output_item.done', { output_index: 0, item: { ...call, arguments: '{"command":"ls"}' } }),
    ]);
    expect(stop?.rule).toBe('ambiguous_tool_arguments');
    expect(bytes.toString()).not.toContain('rm -rf');
  });
});

describe('a call that cannot be judged', () => {
  const calling = (text: string): string[] => [
    delta({ tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'run', arguments: text } }] }),
    delta({}, 0, 'tool_calls'),
    DONE,
  ];

  it.each([
    ['a key twice', '{"command":"rm -rf /","command":"ls"}'],
    ['no JSON', '{"command":"rm -rf /"'],
  ])('%s: stopped where a rule acts on calls', (_, text) => {
    const { stop, bytes, verdict } = chat(guarding, calling(text));
    expect(stop?.rule).toBe('ambiguous_tool_arguments');
    expect(bytes.toString()).not.toContain('command');
    expect(verdict?.found.map(({ finding }) => finding.rule)).toContain('ambiguous_tool_arguments');
  });

  it('flagged where none does', async () => {
    const flagging = await edgePolicy({ rules: [{ name: 'calls', type: 'tool', tools: ['run'], action: 'flag' }] });
    const events = calling('{"a":1,"a":2}');
    const { stop, bytes, verdict } = chat(flagging, events);
    expect(stop).toBeNull();
    expect(bytes.toString()).toBe(events.join(''));
    expect(verdict?.found.map(({ finding }) => finding.rule).sort()).toEqual(['ambiguous_tool_arguments', 'calls']);
  });

  it('one that is still open where the reply ends', () => {
    const [begun = ''] = calling('{"command":"rm -rf /');
    const { stop, bytes } = chat(guarding, [begun]);
    expect(stop?.rule).toBe('ambiguous_tool_arguments');
    expect(bytes.toString()).not.toContain('rm -rf');
  });

  it('the same arguments with other spaces are the same', () => {
    const call = { id: 'fc', type: 'function_call', call_id: 'a', name: 'run' };
    const events = [
      named('response.output_item.added', { output_index: 0, item: { ...call, arguments: '' } }),
      named('response.function_call_arguments.delta', { output_index: 0, delta: '{"command": "ls"}' }),
      named('response.output_item.done', { output_index: 0, item: { ...call, arguments: '{"command":"ls"}' } }),
    ];
    expect(responses(guarding, events).bytes.toString()).toBe(events.join(''));
  });
});

describe('what cannot be read', () => {
  it('data that is no JSON is text: found, and where it cannot be edited, stopped', () => {
    const events = ['data: key-1234\n\n', 'data: 5678\n\n', DONE];
    const run = runReply(
      { dialect: 'plain', type: SSE, policy: redacting },
      events.map((one) => Buffer.from(one)),
    );
    expect(run.stop?.rule).toBe('key');
    expect(run.bytes.toString()).not.toContain('key-');
  });

  it('a reply whose type is not told is read as what was asked for', () => {
    const body = Buffer.from(JSON.stringify({ choices: [{ index: 0, message: { content: 'a key-12345678' } }] }));
    const { bytes } = runReply({ dialect: 'openai-chat', type: 'text/plain', policy: redacting }, [body]);
    expect(bytes.toString()).toContain('[REDACTED_KEY]');
  });
});

it('words that stand in an event once more, token by token, are not edited in half: the reply is stopped', () => {
  const token = { token: 'key-12345678', logprob: 0, bytes: null, top_logprobs: [] };
  const choice = { index: 0, delta: { content: 'key-12345678 ' }, logprobs: { content: [token] } };
  const { stop, bytes } = chat(redacting, [event({ id: 'c1', choices: [choice] })]);
  expect(stop?.rule).toBe('key');
  expect(bytes.toString()).not.toContain('12345678');
});

describe('modes', () => {
  it('audit: nothing waits, nothing changes, and the verdict says what would have been done', async () => {
    const auditing = await edgePolicy({ mode: 'audit', rules: [{ ...KEY, action: 'block' }] });
    const events = [delta({ content: 'key-12345' }), delta({ content: '678' }), DONE];
    const { bytes, stop, verdict, leftAfter } = chat(auditing, events);
    expect([bytes.toString(), stop, leftAfter]).toEqual([events.join(''), null, 1]);
    expect(verdict?.decision).toEqual({ action: 'flag', would: 'block', rule: 'key' });
  });

  it('off: nothing is looked at', async () => {
    const off = await edgePolicy({ mode: 'off', rules: [{ ...KEY, action: 'block' }] });
    expect(chat(off, [delta({ content: 'key-12345678' })]).verdict).toBeNull();
  });
});

describe('rules on characters', () => {
  it('a text waits from its first hidden character on, until it is over', async () => {
    const hidden = await edgePolicy({
      rules: [
        { name: 'tags', type: 'unicode', characters: ['tag'], threshold: 3, action: 'block', target: 'response' },
      ],
    });
    const tag = '\u{e0041}';
    const events = ['clean ', `a${tag}`, `b${tag}`, `c${tag}`, ' end'].map((content) => delta({ content }));
    const { bytes, stop } = chat(hidden, [...events, delta({}, 0, 'stop'), DONE]);
    expect(stop?.rule).toBe('tags');
    expect(bytes.toString()).toContain('clean');
    expect(bytes.toString()).not.toContain(tag);
  });
});

describe('usage that was asked for on behalf of the client', () => {
  const asked = (fields: object) => event({ id: 'c1', choices: [{ index: 0, delta: fields }], usage: null });
  const events = [
    asked({ content: 'a' }),
    event({ id: 'c1', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }),
    DONE,
  ];
  const wanted = `${delta({ content: 'a' }).replace(',"finish_reason":null', '')}${DONE}`;

  it.each([
    ['metered', null],
    ['judged', redacting],
  ])('%s: is read, and leaves no trace', (_, policy) => {
    const run = { dialect: 'openai-chat', type: SSE, policy, stripUsage: true } as const;
    const { bytes, usage } = runReply(
      run,
      events.map((one) => Buffer.from(one)),
    );
    expect(bytes.toString()).toBe(wanted);
    expect(usage).toMatchObject({ input: 1, output: 2 });
  });
});

it('several rules, overlapping: the mark of the one that begins first, in streams and bodies', async () => {
  const policy = await edgePolicy({
    rules: [
      { ...KEY, name: 'b', patterns: ['key-[0-9]{8}'], action: 'redact' },
      { ...KEY, name: 'a', patterns: ['my key-[0-9]{4}'], action: 'redact' },
    ],
  });
  const { bytes } = chat(
    policy,
    [...'it is my key-12345678.'].map((content) => delta({ content })),
  );
  expect(heard('openai-chat', SSE, bytes)['text 0.0']).toBe('it is [REDACTED_A].');
});
