/** The official SDKs, unmodified, finish a tool-using task through a standalone edge and show a kill's reason. */

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { generateText, isStepCount, jsonSchema, type LanguageModel, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AgentUpstream, startAgentUpstream } from '../harness/agent-upstream.ts';
import { type Standalone, startStandalone } from '../harness/standalone.ts';

const PROMPT = 'run the command';
const FINAL = 'The task is done.';
const REASON = 'stopped by the security team';
const PARAMETERS = {
  type: 'object' as const,
  properties: { command: { type: 'string' as const } },
  required: ['command'],
  additionalProperties: false,
};

interface Client {
  /** Finishes the task; returns the final text. */
  finish(sessionId: string): Promise<string>;
  /** Streams a long answer until it ends or breaks; returns what was read and what the SDK says went wrong. */
  stream(sessionId: string, onText: () => void): Promise<{ text: string; error: string }>;
}

const headers = (sessionId: string): Record<string, string> => ({ 'x-session-id': sessionId });

async function gather(parts: AsyncIterable<string>, onText: () => void): Promise<{ text: string; error: string }> {
  let text = '';
  try {
    for await (const part of parts) {
      text += part;
      onText();
    }
  } catch (error) {
    return { text, error: `${error instanceof Error ? error.message : JSON.stringify(error)}` };
  }
  return { text, error: '' };
}

function openaiChat(base: string): Client {
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'sk-fake', maxRetries: 0 });
  const tools = [{ type: 'function' as const, function: { name: 'bash', parameters: PARAMETERS } }];
  return {
    async finish(sessionId) {
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: PROMPT }];
      for (let turn = 0; turn < 3; turn++) {
        const stream = client.chat.completions.stream(
          { model: 'gpt-5.5', messages, tools },
          { headers: headers(sessionId) },
        );
        const message = (await stream.finalChatCompletion()).choices[0]?.message;
        if (!message?.tool_calls?.length) return message?.content ?? '';
        messages.push(message);
        for (const call of message.tool_calls)
          messages.push({ role: 'tool', tool_call_id: call.id, content: 'elida-was-here' });
      }
      return '';
    },
    async stream(sessionId, onText) {
      const stream = await client.chat.completions.create(
        { model: 'gpt-5.5', stream: true, messages: [{ role: 'user', content: PROMPT }] },
        { headers: headers(sessionId) },
      );
      return gather(
        (async function* () {
          for await (const chunk of stream) yield chunk.choices[0]?.delta.content ?? '';
        })(),
        onText,
      );
    },
  };
}

function openaiResponses(base: string): Client {
  const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: 'sk-fake', maxRetries: 0 });
  const tools = [{ type: 'function' as const, name: 'bash', parameters: PARAMETERS, strict: true }];
  return {
    async finish(sessionId) {
      const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: PROMPT }];
      for (let turn = 0; turn < 3; turn++) {
        const stream = client.responses.stream({ model: 'gpt-5.5', input, tools }, { headers: headers(sessionId) });
        const response = await stream.finalResponse();
        const calls = response.output.filter((item) => item.type === 'function_call');
        if (calls.length === 0) return response.output_text;
        for (const call of calls)
          input.push(call, { type: 'function_call_output', call_id: call.call_id, output: 'elida-was-here' });
      }
      return '';
    },
    async stream(sessionId, onText) {
      const stream = await client.responses.create(
        { model: 'gpt-5.5', stream: true, input: PROMPT },
        { headers: headers(sessionId) },
      );
      let failure = '';
      const read = await gather(
        (async function* () {
          for await (const event of stream) {
            if (event.type === 'response.output_text.delta') yield event.delta;
            if (event.type === 'response.failed') failure = event.response.error?.message ?? '';
          }
        })(),
        onText,
      );
      return { text: read.text, error: read.error || failure };
    },
  };
}

function anthropic(base: string): Client {
  const client = new Anthropic({ baseURL: base, apiKey: 'sk-ant-fake', maxRetries: 0 });
  const tools = [{ name: 'bash', input_schema: PARAMETERS }];
  return {
    async finish(sessionId) {
      const messages: Anthropic.MessageParam[] = [{ role: 'user', content: PROMPT }];
      for (let turn = 0; turn < 3; turn++) {
        const stream = client.messages.stream(
          { model: 'claude-opus-5-5', max_tokens: 1000, messages, tools },
          { headers: headers(sessionId) },
        );
        const message = await stream.finalMessage();
        const calls = message.content.filter((block) => block.type === 'tool_use');
        if (calls.length === 0)
          return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
        messages.push({ role: 'assistant', content: message.content });
        messages.push({
          role: 'user',
          content: calls.map((call) => ({
            type: 'tool_result' as const,
            tool_use_id: call.id,
            content: 'elida-was-here',
          })),
        });
      }
      return '';
    },
    async stream(sessionId, onText) {
      const stream = await client.messages.create(
        { model: 'claude-opus-5-5', max_tokens: 1000, stream: true, messages: [{ role: 'user', content: PROMPT }] },
        { headers: headers(sessionId) },
      );
      return gather(
        (async function* () {
          for await (const event of stream)
            if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text;
        })(),
        onText,
      );
    },
  };
}

function vercel(model: LanguageModel): Client {
  const bash = tool({
    description: 'runs a command',
    inputSchema: jsonSchema<{ command: string }>(PARAMETERS),
    execute: async () => 'elida-was-here',
  });
  return {
    async finish(sessionId) {
      const result = await generateText({
        model,
        prompt: PROMPT,
        tools: { bash },
        stopWhen: isStepCount(4),
        maxRetries: 0,
        headers: headers(sessionId),
      });
      return result.text;
    },
    async stream(sessionId, onText) {
      let failure = '';
      const result = streamText({
        model,
        prompt: PROMPT,
        maxRetries: 0,
        headers: headers(sessionId),
        onError: ({ error }) => {
          failure = error instanceof Error ? error.message : JSON.stringify(error);
        },
      });
      const read = await gather(result.textStream, onText);
      return { text: read.text, error: read.error || failure };
    },
  };
}

const CLIENTS: Readonly<Record<string, (base: string) => Client>> = {
  'openai chat': openaiChat,
  'openai responses': openaiResponses,
  anthropic,
  'ai sdk, openai responses': (base) =>
    vercel(createOpenAI({ baseURL: `${base}/v1`, apiKey: 'sk-fake' }).responses('gpt-5.5')),
  'ai sdk, openai chat': (base) => vercel(createOpenAI({ baseURL: `${base}/v1`, apiKey: 'sk-fake' }).chat('gpt-5.5')),
  'ai sdk, anthropic': (base) =>
    vercel(createAnthropic({ baseURL: `${base}/v1`, apiKey: 'sk-ant-fake' })('claude-opus-5-5')),
};

describe('official SDKs through the edge', () => {
  let upstream: AgentUpstream;
  let edge: Standalone;

  beforeAll(async () => {
    upstream = await startAgentUpstream();
    edge = await startStandalone({
      config: `backends:\n  scripted:\n    url: ${upstream.url}\n    type: openai\n    default: true\n`,
    });
  }, 60_000);

  afterAll(async () => {
    await edge?.stop();
    await upstream?.close();
  });

  beforeEach(() => {
    upstream.options = {};
    upstream.seen.length = 0;
  });

  const sessionCount = async (): Promise<number> => {
    const reply = (await (await fetch(`${edge.control}/control/sessions`)).json()) as { total: number };
    return reply.total;
  };

  it.each(Object.entries(CLIENTS))('%s finishes a tool-using task as one session', async (name, connect) => {
    const before = await sessionCount();
    expect(await connect(edge.proxy).finish(`finish-${name}`)).toBe(FINAL);
    expect(upstream.seen.filter((seen) => seen.method === 'POST')).toHaveLength(2);
    expect(await sessionCount()).toBe(before + 1);
  });

  it.each(Object.entries(CLIENTS))(
    '%s is ended in mid-stream by a kill and shows the reason',
    async (name, connect) => {
      upstream.options = { slowWords: 1_000, paceMs: 10 };
      let begun: () => void = () => {};
      const started = new Promise<void>((resolve) => {
        begun = resolve;
      });
      const reading = connect(edge.proxy).stream(`kill-${name}`, () => begun());
      await started;
      const { sessions } = (await (await fetch(`${edge.control}/control/sessions?state=active`)).json()) as {
        sessions: { id: string; start_time: string }[];
      };
      const newest = sessions.toSorted((a, b) => b.start_time.localeCompare(a.start_time))[0];
      const order = await fetch(`${edge.control}/api/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'kill', selector: { scope: 'session', id: newest?.id }, reason: REASON }),
      });
      expect(await order.json()).toMatchObject({ exchanges_cut: 1 });
      const { text, error } = await reading;
      expect(text).toContain('word0');
      expect(text).not.toContain('word999');
      expect(error).toContain(REASON);
      await expect.poll(() => upstream.seen.at(-1)?.aborted).toBe(true);
    },
  );

  it.each(Object.entries(CLIENTS))('%s shows the reason when its session is already killed', async (name, connect) => {
    const seen = upstream.seen.length;
    const refused = await connect(edge.proxy)
      .finish(`kill-${name}`)
      .then(
        () => '',
        (error: unknown) => `${error instanceof Error ? error.message : error}`,
      );
    expect(refused).toContain(REASON);
    expect(upstream.seen).toHaveLength(seen);
  });
});
