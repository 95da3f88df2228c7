/** Anthropic Messages. */
import { contentText, type Json, record, records, text } from '../json.ts';
import { type Prompt, withoutReminders } from '../prompt.ts';
import type { Turn } from '../script.ts';
import { inHalves, type ReplyContext, type Wire, type WireEvent } from '../wire.ts';

/** Result of a tool in the last user message; system messages may stand behind it. */
function toolResultOf(messages: readonly Json[]): string | null {
  const last = messages.findLast(({ role }) => role !== 'system');
  if (last?.role !== 'user') return null;
  const result = records(last.content).findLast(({ type }) => type === 'tool_result');
  return result === undefined ? null : contentText(result.content);
}

function read(request: Json): Prompt | null {
  const messages = records(request.messages);
  const asked = messages.findLast(
    ({ role, content }) => role === 'user' && withoutReminders(contentText(content)) !== '',
  );
  if (messages.length === 0) return null;
  const isForbidden = record(request.tool_choice).type === 'none';
  const format = record(record(request.output_config).format ?? request.output_format);
  return {
    model: text(request.model) || 'demo',
    stream: request.stream === true,
    inputChars: JSON.stringify([request.system ?? '', request.messages, request.tools ?? []]).length,
    userText: withoutReminders(contentText(asked?.content)),
    toolResult: toolResultOf(messages),
    tools: isForbidden
      ? []
      : records(request.tools)
          .filter((tool) => tool.input_schema !== undefined)
          .map(toolOf),
    format: format.type === 'json_schema' ? record(format.schema) : null,
    outputTokensMax: typeof request.max_tokens === 'number' ? request.max_tokens : 0,
  };
}

const toolOf = (tool: Json) => ({ name: text(tool.name), isCustom: false, schema: record(tool.input_schema) });

const usageOf = (turn: Turn, outputTokens: number): Json => ({
  input_tokens: turn.inputTokens,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: outputTokens,
  service_tier: 'standard',
});

const stopOf = (turn: Turn): string => (turn.call ? 'tool_use' : turn.isCut ? 'max_tokens' : 'end_turn');

const messageOf = (prompt: Prompt, { serial }: ReplyContext, rest: Json): Json => ({
  id: `msg_demo${serial}`,
  type: 'message',
  role: 'assistant',
  model: prompt.model,
  ...rest,
});

const blockOf = (turn: Turn, serial: string): Json =>
  turn.call
    ? {
        type: 'tool_use',
        id: `toolu_demo${serial}`,
        name: turn.call.tool.name,
        input: JSON.parse(turn.call.input) as unknown,
      }
    : { type: 'text', text: turn.pieces.join('') };

const reply = (turn: Turn, prompt: Prompt, context: ReplyContext): Json =>
  messageOf(prompt, context, {
    content: [blockOf(turn, context.serial)],
    stop_reason: stopOf(turn),
    stop_sequence: null,
    usage: usageOf(turn, turn.outputTokens),
  });

function* events(turn: Turn, prompt: Prompt, context: ReplyContext): Generator<WireEvent> {
  const event = (type: string, rest: Json = {}, isPiece = false): WireEvent => ({
    name: type,
    data: { type, ...rest },
    isPiece,
  });
  const begun = { content: [], stop_reason: null, stop_sequence: null, usage: usageOf(turn, 1) };
  yield event('message_start', { message: messageOf(prompt, context, begun) });
  const block = blockOf(turn, context.serial);
  yield event('content_block_start', {
    index: 0,
    content_block: turn.call ? { ...block, input: {} } : { type: 'text', text: '' },
  });
  yield event('ping');
  for (const piece of turn.pieces) {
    yield event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: piece } }, true);
  }
  for (const half of turn.call ? inHalves(turn.call.input) : []) {
    yield event('content_block_delta', { index: 0, delta: { type: 'input_json_delta', partial_json: half } }, true);
  }
  yield event('content_block_stop', { index: 0 });
  yield event('message_delta', {
    delta: { stop_reason: stopOf(turn), stop_sequence: null },
    usage: usageOf(turn, turn.outputTokens),
  });
  yield event('message_stop');
}

export const anthropicMessages: Wire = { read, reply, events };
