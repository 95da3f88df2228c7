/** OpenAI Chat Completions. */
import { contentText, type Json, record, records, text } from '../json.ts';
import { type OfferedTool, type Prompt, withoutReminders } from '../prompt.ts';
import type { Turn } from '../script.ts';
import { inHalves, type ReplyContext, type Wire, type WireEvent } from '../wire.ts';

const toolOf = (tool: Json): OfferedTool =>
  tool.type === 'custom'
    ? { name: text(record(tool.custom).name), isCustom: true, schema: {} }
    : { name: text(record(tool.function).name), isCustom: false, schema: record(record(tool.function).parameters) };

function formatOf(request: Json): Json | null {
  const { type, json_schema } = record(request.response_format);
  if (type === 'json_schema') return record(record(json_schema).schema);
  return type === 'json_object' ? { type: 'object', properties: { answer: {} }, required: ['answer'] } : null;
}

function read(request: Json): Prompt | null {
  const messages = records(request.messages);
  const last = messages.at(-1);
  if (last === undefined) return null;
  const asked = messages.findLast(({ role }) => role === 'user');
  const limit = request.max_completion_tokens ?? request.max_tokens;
  return {
    model: text(request.model) || 'demo',
    stream: request.stream === true,
    inputChars: JSON.stringify([request.messages, request.tools ?? []]).length,
    userText: withoutReminders(contentText(asked?.content)),
    toolResult: last.role === 'tool' || last.role === 'function' ? contentText(last.content) : null,
    tools: request.tool_choice === 'none' ? [] : records(request.tools).map(toolOf),
    format: formatOf(request),
    outputTokensMax: typeof limit === 'number' ? limit : 0,
  };
}

const usageOf = (turn: Turn): Json => ({
  prompt_tokens: turn.inputTokens,
  completion_tokens: turn.outputTokens,
  total_tokens: turn.inputTokens + turn.outputTokens,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
});

const finishOf = (turn: Turn): string => (turn.call ? 'tool_calls' : turn.isCut ? 'length' : 'stop');

function callOf(turn: Turn, serial: string, input: string): Json[] | undefined {
  if (turn.call === null) return undefined;
  const { name, isCustom } = turn.call.tool;
  const call = { id: `call_demo${serial}`, type: isCustom ? 'custom' : 'function' };
  return [isCustom ? { ...call, custom: { name, input } } : { ...call, function: { name, arguments: input } }];
}

const base = (object: string, prompt: Prompt, { serial, createdAt }: ReplyContext): Json => ({
  id: `chatcmpl-demo${serial}`,
  object,
  created: createdAt,
  model: prompt.model,
  service_tier: 'default',
  system_fingerprint: 'fp_elida_demo',
});

function reply(turn: Turn, prompt: Prompt, context: ReplyContext): Json {
  const calls = callOf(turn, context.serial, turn.call?.input ?? '');
  const message = {
    role: 'assistant',
    content: calls ? null : turn.pieces.join(''),
    refusal: null,
    annotations: [],
    ...(calls ? { tool_calls: calls } : {}),
  };
  return {
    ...base('chat.completion', prompt, context),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(turn) }],
    usage: usageOf(turn),
  };
}

function* events(turn: Turn, prompt: Prompt, context: ReplyContext): Generator<WireEvent> {
  const withUsage = record(context.request.stream_options).include_usage === true;
  const common = base('chat.completion.chunk', prompt, context);
  const chunk = (delta: Json, finish: string | null = null, isPiece = false): WireEvent => ({
    name: '',
    data: {
      ...common,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(withUsage ? { usage: null } : {}),
    },
    isPiece,
  });
  yield chunk({ role: 'assistant', content: turn.call ? null : '', refusal: null });
  for (const piece of turn.pieces) yield chunk({ content: piece }, null, true);
  if (turn.call) {
    const [opening] = callOf(turn, context.serial, '') ?? [];
    yield chunk({ tool_calls: [{ index: 0, ...opening }] });
    for (const half of inHalves(turn.call.input)) {
      const part = turn.call.tool.isCustom ? { custom: { input: half } } : { function: { arguments: half } };
      yield chunk({ tool_calls: [{ index: 0, ...part }] }, null, true);
    }
  }
  yield chunk({}, finishOf(turn));
  if (withUsage) yield { name: '', data: { ...common, choices: [], usage: usageOf(turn) } };
}

export const openAiChat: Wire = { read, reply, events };
