import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Prompt } from './prompt.ts';
import { sampleOf } from './sample.ts';
import { planTurn } from './script.ts';
import { anthropicMessages } from './wires/anthropic-messages.ts';
import { openAiChat } from './wires/openai-chat.ts';
import { openAiResponses } from './wires/openai-responses.ts';

const bash = { name: 'Bash', isCustom: false, schema: { properties: { command: { type: 'string' } } } };
const prompt = (userText: string, more: Partial<Prompt> = {}): Prompt => ({
  model: 'demo',
  stream: false,
  inputChars: 40,
  userText,
  toolResult: null,
  tools: [],
  format: null,
  outputTokensMax: 0,
  ...more,
});
const said = (userText: string, more: Partial<Prompt> = {}): string => planTurn(prompt(userText, more)).pieces.join('');

describe('the user’s words steer the demo model', () => {
  it('count to n, n words, slow, anything else', () => {
    expect(said('Please count to 5')).toBe('1 2 3 4 5.');
    expect(said('tell me a story of 12 words').split(' ')).toHaveLength(12);
    expect(said('answer slowly').split(' ').length).toBeGreaterThan(200);
    // The README's words: its reader must find the session and kill it in a second terminal.
    expect(said('tell me a long story').split(' ').length).toBeGreaterThan(1_000);
    expect(said('hello')).toContain('You said: "hello"');
  });

  it('use tool: a shell before others, the one that is named before all; only where tools are offered', () => {
    const other = { name: 'get_weather', isCustom: false, schema: { properties: { city: {} }, required: ['city'] } };
    expect(planTurn(prompt('use tool', { tools: [other, bash] })).call).toMatchObject({ tool: bash });
    expect(planTurn(prompt('use the tool get_weather', { tools: [bash, other] })).call).toEqual({
      tool: other,
      input: '{"city":"demo"}',
    });
    expect(planTurn(prompt('use tool')).call).toBeNull();
  });

  it('a tool’s result ends the task', () => {
    const turn = planTurn(prompt('use tool', { tools: [bash], toolResult: 'hi there' }));
    expect(turn.call).toBeNull();
    expect(turn.pieces.join('')).toMatch(/hi there.*The task is done\.$/s);
  });

  it('a limit of output tokens is kept, and said', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.string(), (outputTokensMax, text) => {
        const turn = planTurn(prompt(text, { outputTokensMax }));
        expect(turn.outputTokens).toBeLessThanOrEqual(outputTokensMax);
        expect(turn.isCut).toBe(turn.pieces.join('') !== said(text));
      }),
    );
  });

  it('a structured answer fits its schema', () => {
    const schema = {
      type: 'object',
      properties: {
        title: { type: 'string' },
        tags: { type: 'array', items: { enum: ['a', 'b'] } },
        n: { type: 'integer' },
      },
      required: ['title', 'tags', 'n'],
    };
    expect(JSON.parse(said('x', { format: schema }))).toEqual({ title: 'demo', tags: ['a'], n: 1 });
    const nested: Record<string, unknown> = { type: 'object', required: ['self'] };
    nested.properties = { self: nested };
    expect(sampleOf(nested)).toBeDefined();
  });
});

describe('each wire', () => {
  const wires = { chat: openAiChat, anthropic: anthropicMessages, responses: openAiResponses };

  it('streams the same turn that it answers whole, with the same usage', () => {
    const request = {
      model: 'm',
      max_tokens: 1_000,
      messages: [{ role: 'user', content: 'hi' }],
      input: 'hi',
      stream_options: { include_usage: true },
    };
    for (const [name, wire] of Object.entries(wires)) {
      const read = wire.read(request);
      expect(read?.userText).toBe('hi');
      if (read === null) continue;
      const turn = planTurn(read);
      const context = { serial: '1', createdAt: 1, request };
      const events = [...wire.events(turn, read, context)].map(({ data }) => JSON.stringify(data)).join('\n');
      const whole = JSON.stringify(wire.reply(turn, read, context));
      for (const piece of turn.pieces) expect(events, name).toContain(JSON.stringify(piece));
      expect(whole).toContain(JSON.stringify(turn.pieces.join('')));
      const usage = /"usage":(\{"(?:input|prompt)_tokens":\d+.*?\d\}?\})/.exec(whole)?.[1] ?? 'none';
      expect(events, name).toContain(usage);
    }
  });

  it('takes junk without throwing, and plans something for whatever it reads', () => {
    const keys = [
      'messages',
      'input',
      'tools',
      'role',
      'content',
      'type',
      'text',
      'function',
      'custom',
      'input_schema',
    ];
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('user', 'tool', 'function', 'custom', 'use tool', 'tool_result', 'namespace', null, 3),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('tree')),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...keys), tree), (request) => {
        for (const wire of Object.values(wires)) {
          const read = wire.read(request);
          if (read === null) continue;
          const turn = planTurn(read);
          const context = { serial: '1', createdAt: 1, request };
          expect([...wire.events(turn, read, context)].length).toBeGreaterThan(1);
          expect(JSON.stringify(wire.reply(turn, read, context))).toContain('demo1');
        }
      }),
      { numRuns: 500 },
    );
  });
});
