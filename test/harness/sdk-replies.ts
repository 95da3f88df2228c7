/** What the official SDKs give their users of a reply, in one form for all wires. */
import Anthropic from '@anthropic-ai/sdk';
import type { ToolCall, Usage } from '@elida/dialects';
import OpenAI from 'openai';

export type SdkWire = 'openai-chat' | 'openai-responses' | 'anthropic-messages';
export type SdkMode = 'json' | 'stream';
export type SdkCall = Pick<ToolCall, 'id' | 'name' | 'arguments'>;

/** The same of a reply, whoever read it. */
export interface Said {
  text: string;
  reasoning: string;
  refusal: string;
  calls: SdkCall[];
  usage: Usage | null;
  finish: string;
}

const nothing = (): Said => ({ text: '', reasoning: '', refusal: '', calls: [], usage: null, finish: '' });
const messages = [{ role: 'user' as const, content: 'hi' }];

export const chatUsage = (usage: OpenAI.CompletionUsage | null | undefined): Usage | null =>
  usage
    ? {
        input: usage.prompt_tokens,
        cachedInput: usage.prompt_tokens_details?.cached_tokens ?? 0,
        cacheWriteInput: usage.prompt_tokens_details?.cache_write_tokens ?? 0,
        output: usage.completion_tokens ?? 0,
        reasoningOutput: usage.completion_tokens_details?.reasoning_tokens ?? 0,
      }
    : null;

/** Fields of compatible servers, which the SDK passes on untyped. */
interface Reasoned {
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
}

function ofChat({ choices, usage }: OpenAI.ChatCompletion): Said {
  const said = nothing();
  said.usage = chatUsage(usage);
  for (const { message, finish_reason } of choices) {
    const { reasoning_content, reasoning } = message as Reasoned;
    said.text += `${message.content ?? ''}${message.audio?.transcript ?? ''}`;
    said.reasoning += reasoning_content ?? reasoning ?? '';
    said.refusal += message.refusal ?? '';
    said.finish = finish_reason;
    for (const call of message.tool_calls ?? [])
      said.calls.push(
        call.type === 'function'
          ? { id: call.id, name: call.function.name, arguments: call.function.arguments }
          : { id: call.id, name: call.custom.name, arguments: call.custom.input },
      );
    if (message.function_call) said.calls.push({ id: '', ...message.function_call });
  }
  return said;
}

const ofMessage = ({ content, usage, stop_reason, stop_details }: Anthropic.Message): Said => ({
  text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
  reasoning: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
  refusal: stop_details?.explanation ?? '',
  calls: content.flatMap((block) =>
    'input' in block ? [{ id: block.id, name: block.name, arguments: JSON.stringify(block.input) }] : [],
  ),
  usage: {
    input: usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0),
    cachedInput: usage.cache_read_input_tokens ?? 0,
    cacheWriteInput: usage.cache_creation_input_tokens ?? 0,
    output: usage.output_tokens,
    reasoningOutput: usage.output_tokens_details?.thinking_tokens ?? 0,
  },
  finish: stop_reason ?? '',
});

function ofResponse({ output, usage, ...whole }: OpenAI.Responses.Response): Said {
  const said = nothing();
  for (const item of output) {
    if (item.type === 'function_call')
      said.calls.push({ id: item.call_id, name: item.name, arguments: item.arguments });
    if (item.type === 'custom_tool_call') said.calls.push({ id: item.call_id, name: item.name, arguments: item.input });
    if (item.type === 'reasoning')
      for (const part of [...item.summary, ...(item.content ?? [])]) said.reasoning += part.text;
    if (item.type !== 'message') continue;
    for (const part of item.content)
      if (part.type === 'output_text') said.text += part.text;
      else said.refusal += part.refusal;
  }
  said.finish = whole.incomplete_details?.reason ?? whole.error?.code ?? whole.status ?? '';
  if (usage)
    said.usage = {
      input: usage.input_tokens,
      cachedInput: usage.input_tokens_details.cached_tokens,
      cacheWriteInput: usage.input_tokens_details.cache_write_tokens,
      output: usage.output_tokens,
      reasoningOutput: usage.output_tokens_details.reasoning_tokens,
    };
  return said;
}

interface AnyCall {
  index: number;
  id?: string;
  function?: { name?: string; arguments?: string };
  custom?: { name?: string; input?: string };
}

/** The SDK's own fold of a stream would merge calls of different kinds; its events are taken as they come. */
async function chatStream(client: OpenAI): Promise<Said> {
  const said = nothing();
  const texts: string[] = [];
  const finishes: string[] = [];
  const stream = await client.chat.completions.create({
    ...{ model: 'm', messages, stream: true },
    stream_options: { include_usage: true },
  });
  for await (const { usage, choices } of stream) {
    said.usage = chatUsage(usage) ?? said.usage;
    for (const { index, delta, finish_reason } of choices) {
      const { reasoning_content, reasoning } = delta as Reasoned;
      texts[index] = `${texts[index] ?? ''}${delta.content ?? ''}`;
      said.reasoning += reasoning_content ?? reasoning ?? '';
      said.refusal += delta.refusal ?? '';
      finishes[index] = finish_reason ?? finishes[index] ?? '';
      const legacy = delta.function_call ? [{ index: 0, function: delta.function_call }] : [];
      for (const call of [...((delta.tool_calls ?? []) as AnyCall[]), ...legacy]) addCall(said, call);
    }
  }
  return { ...said, text: texts.join(''), finish: finishes.at(-1) ?? '' };
}

function addCall(said: Said, call: AnyCall): void {
  said.calls[call.index] ??= { id: '', name: '', arguments: '' };
  const open = said.calls[call.index] as { id: string; name: string; arguments: string };
  open.id ||= call.id ?? '';
  open.name ||= call.function?.name ?? call.custom?.name ?? '';
  open.arguments += call.function?.arguments ?? call.custom?.input ?? '';
}

/** @throws where the stream ends without the whole response, or with one that has failed. */
async function responsesStream(client: OpenAI): Promise<Said> {
  const stream = await client.responses.create({ model: 'm', input: 'hi', stream: true });
  let last: OpenAI.Responses.Response | null = null;
  for await (const event of stream) if ('response' in event) last = event.response as OpenAI.Responses.Response;
  if (last === null) throw new Error('no response');
  return ofResponse(last);
}

/** @param url the provider's, or an edge's in front of it; without `/v1`. */
export function sdkReplies(url: string): Readonly<Record<SdkWire, Readonly<Record<SdkMode, () => Promise<Said>>>>> {
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 });
  const anthropic = new Anthropic({ baseURL: url, apiKey: 'k', maxRetries: 0 });
  const asked = { model: 'm', max_tokens: 9, messages };
  return {
    'openai-chat': {
      json: async () => ofChat(await openai.chat.completions.create({ model: 'm', messages })),
      stream: () => chatStream(openai),
    },
    'openai-responses': {
      json: async () => ofResponse(await openai.responses.create({ model: 'm', input: 'hi' })),
      stream: () => responsesStream(openai),
    },
    'anthropic-messages': {
      json: async () => ofMessage(await anthropic.messages.create(asked)),
      stream: async () => ofMessage(await anthropic.messages.stream(asked).finalMessage()),
    },
  };
}
