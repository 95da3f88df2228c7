/** Without a configuration the demo answers, through the whole edge: the official SDKs parse everything it says. */
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Standalone, startStandalone } from '../harness/standalone.ts';

const PARAMETERS = {
  type: 'object' as const,
  properties: { command: { type: 'string' as const } },
  required: ['command'],
};

let elida: Standalone;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  elida = await startStandalone();
  openai = new OpenAI({ baseURL: `${elida.proxy}/v1`, apiKey: 'sk-demo', maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: elida.proxy, apiKey: 'sk-ant-demo', maxRetries: 0 });
}, 120_000);
afterAll(() => elida?.stop());

describe('OpenAI Chat', () => {
  const tools = [{ type: 'function' as const, function: { name: 'bash', parameters: PARAMETERS } }];

  it('whole and streamed answers are the same, with the same usage', async () => {
    const messages = [{ role: 'user' as const, content: 'count to 20' }];
    const whole = await openai.chat.completions.create({ model: 'gpt-5.5', messages });
    expect(whole.choices[0]?.message.content).toMatch(/^1 2 3 .* 20\.$/);
    expect(whole.choices[0]?.finish_reason).toBe('stop');
    const stream = openai.chat.completions.stream({
      model: 'gpt-5.5',
      messages,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(final.usage).toEqual(whole.usage);
    expect(whole.usage?.total_tokens).toBe((whole.usage?.prompt_tokens ?? 0) + (whole.usage?.completion_tokens ?? 0));
  });

  it('finishes a tool-using task', async () => {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Please use the tool.' }];
    const first = await openai.chat.completions.stream({ model: 'm', messages, tools }).finalChatCompletion();
    const message = first.choices[0]?.message;
    const call = message?.tool_calls?.[0];
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    expect(call?.type === 'function' && JSON.parse(call.function.arguments)).toHaveProperty('command');
    if (!message || !call) throw new Error('no call');
    messages.push(message, { role: 'tool', tool_call_id: call.id, content: 'elida-was-here' });
    const second = await openai.chat.completions.create({ model: 'm', messages, tools });
    expect(second.choices[0]?.message.content).toMatch(/elida-was-here[\s\S]*task is done/);
  });

  it('keeps a limit of tokens, and says so', async () => {
    const cut = await openai.chat.completions.create({
      model: 'm',
      max_completion_tokens: 3,
      messages: [{ role: 'user', content: 'slow' }],
    });
    expect(cut.choices[0]?.finish_reason).toBe('length');
    expect(cut.usage?.completion_tokens).toBeLessThanOrEqual(3);
  });
});

describe('OpenAI Responses', () => {
  const tools = [{ type: 'function' as const, name: 'bash', parameters: PARAMETERS, strict: false }];

  it('streams every event in order, each added item done and complete', async () => {
    const stream = openai.responses.stream({ model: 'gpt-5.5', input: 'count to 5' });
    const types: string[] = [];
    const numbers: number[] = [];
    for await (const event of stream) {
      types.push(event.type);
      numbers.push(event.sequence_number);
      if (event.type === 'response.output_item.done')
        expect(event.item).toMatchObject({ status: 'completed', content: [{ text: '1 2 3 4 5.' }] });
    }
    expect(types.filter((type, index) => type !== types[index - 1])).toEqual([
      ...['response.created', 'response.in_progress', 'response.output_item.added', 'response.content_part.added'],
      ...['response.output_text.delta', 'response.output_text.done', 'response.content_part.done'],
      ...['response.output_item.done', 'response.completed'],
    ]);
    expect(numbers).toEqual(numbers.map((_, index) => index));
    const final = await stream.finalResponse();
    const whole = await openai.responses.create({ model: 'gpt-5.5', input: 'count to 5' });
    expect([final.output_text, final.usage]).toEqual([whole.output_text, whole.usage]);
  });

  it('finishes a tool-using task by previous_response_id alone, in the session that began it', async () => {
    const { data: first, response: began } = await openai.responses
      .create({ model: 'm', input: 'use tool', user: 'ann', tools })
      .withResponse();
    const call = first.output.find((item) => item.type === 'function_call');
    expect(JSON.parse(call?.arguments ?? '')).toHaveProperty('command');
    const { data: second, response: ended } = await openai.responses
      .create({
        model: 'm',
        previous_response_id: first.id,
        tools,
        input: [{ type: 'function_call_output', call_id: call?.call_id ?? '', output: 'elida-was-here' }],
      })
      .withResponse();
    expect(second.output_text).toMatch(/elida-was-here[\s\S]*task is done/);
    expect(ended.headers.get('x-elida-session-id')).toBe(began.headers.get('x-elida-session-id'));
  });

  it('an answer that is cut is incomplete, with the reason', async () => {
    const cut = await openai.responses.create({ model: 'm', input: 'slow', max_output_tokens: 16 });
    expect([cut.status, cut.incomplete_details?.reason]).toEqual(['incomplete', 'max_output_tokens']);
  });

  it('speaks WebSocket on the same path: a warm-up without output, then a turn', async () => {
    const socket = new WebSocket(`${elida.proxy.replace('http', 'ws')}/v1/responses`, {
      headers: { authorization: 'Bearer sk-demo', 'session-id': 'ws-1', 'thread-id': 'ws-1' },
    });
    const turn = (frame: object): Promise<{ types: string[]; last: { response: OpenAI.Responses.Response } }> =>
      new Promise((resolve, reject) => {
        const types: string[] = [];
        socket.once('error', reject);
        socket.on('message', function look(data: Buffer) {
          const event = JSON.parse(String(data)) as { type: string; response: OpenAI.Responses.Response };
          types.push(event.type);
          if (event.type !== 'response.completed') return;
          socket.off('message', look);
          resolve({ types, last: event });
        });
        socket.send(JSON.stringify({ type: 'response.create', model: 'm', ...frame }));
      });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const warm = await turn({ generate: false, input: [] });
    expect(warm.last.response.output).toEqual([]);
    const spoken = await turn({ previous_response_id: warm.last.response.id, input: 'count to 3' });
    expect(spoken.types.filter((type) => type === 'response.output_text.delta')).toHaveLength(3);
    expect(spoken.last.response.output[0]).toMatchObject({ content: [{ text: '1 2 3.' }] });
    socket.close();
  });
});

describe('Anthropic Messages', () => {
  const tools = [{ name: 'bash', input_schema: PARAMETERS }];

  it('whole and streamed answers are the same, with the same usage, and counted as announced', async () => {
    const request = {
      model: 'claude-opus-5-5',
      max_tokens: 500,
      messages: [{ role: 'user' as const, content: 'count to 9' }],
    };
    const whole = await anthropic.messages.create(request);
    const final = await anthropic.messages.stream(request).finalMessage();
    expect(final.content).toEqual(whole.content);
    expect(whole.content[0]).toMatchObject({ text: '1 2 3 4 5 6 7 8 9.' });
    expect([final.stop_reason, whole.stop_reason]).toEqual(['end_turn', 'end_turn']);
    expect(final.usage).toMatchObject({ ...whole.usage });
    const counted = await anthropic.messages.countTokens({ model: request.model, messages: request.messages });
    expect(counted.input_tokens).toBe(whole.usage.input_tokens);
  });

  it('finishes a tool-using task', async () => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'use tool' }];
    const first = await anthropic.messages.stream({ model: 'm', max_tokens: 500, messages, tools }).finalMessage();
    expect(first.stop_reason).toBe('tool_use');
    const use = first.content.find((block) => block.type === 'tool_use');
    expect(use?.input).toHaveProperty('command');
    const result = { type: 'tool_result' as const, tool_use_id: use?.id ?? '', content: 'elida-was-here' };
    messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: [result] });
    const second = await anthropic.messages.create({ model: 'm', max_tokens: 500, messages, tools });
    expect(second.content[0]).toMatchObject({ text: expect.stringMatching(/elida-was-here[\s\S]*task is done/) });
  });

  it('a limit of one token is kept', async () => {
    const cut = await anthropic.messages.create({
      model: 'm',
      max_tokens: 1,
      messages: [{ role: 'user', content: 'slow' }],
    });
    expect(cut.stop_reason).toBe('max_tokens');
  });
});

describe('the rest', () => {
  it('lists its models to both houses, and answers any other name too', async () => {
    expect((await openai.models.list()).data.map(({ id }) => id)).toContain('demo');
    expect((await anthropic.models.list()).data.map(({ id }) => id)).toContain('demo');
    expect((await openai.models.retrieve('anything')).id).toBe('anything');
  });

  it('refuses what it does not serve, in the words of the wire', async () => {
    await expect(openai.embeddings.create({ model: 'm', input: 'x' })).rejects.toMatchObject({
      status: 404,
      code: 'not_found',
    });
    const empty = { model: 'm', max_tokens: 5, messages: [] };
    await expect(anthropic.messages.create(empty)).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
    });
  });
});
