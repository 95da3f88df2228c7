/** OpenAI Responses; the same events are the frames of its WebSocket. */
import { contentText, type Json, record, records, text } from '../json.ts';
import { type OfferedTool, type Prompt, withoutReminders } from '../prompt.ts';
import type { Turn } from '../script.ts';
import type { ReplyContext, Wire, WireEvent } from '../wire.ts';
import { functionCall, message } from './response-items.ts';

/** Namespaces are opened, and tools that Codex sends as an input item count as well. */
function toolsOf(tools: readonly Json[]): OfferedTool[] {
  return tools.flatMap((tool): OfferedTool[] => {
    if (tool.type === 'namespace') return toolsOf(records(tool.tools));
    if (tool.type === 'custom') return [{ name: text(tool.name), isCustom: true, schema: {} }];
    if (tool.type !== 'function') return [];
    return [{ name: text(tool.name), isCustom: false, schema: record(tool.parameters) }];
  });
}

const OUTPUTS: ReadonlySet<unknown> = new Set(['function_call_output', 'custom_tool_call_output']);

function read(request: Json): Prompt | null {
  const { input } = request;
  if (input === undefined && request.previous_response_id === undefined) return null;
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : records(input);
  const last = items.at(-1);
  const asked = items.findLast(({ role, content }) => role === 'user' && withoutReminders(contentText(content)) !== '');
  const offered = [
    ...records(request.tools),
    ...items.flatMap((item: Json) => (item.type === 'additional_tools' ? records(item.tools) : [])),
  ];
  const format = record(record(request.text).format);
  return {
    model: text(request.model) || 'demo',
    stream: request.stream === true,
    inputChars: JSON.stringify([request.instructions ?? '', input ?? '', request.tools ?? []]).length,
    userText: withoutReminders(contentText(asked?.content)),
    toolResult: OUTPUTS.has(record(last).type) ? contentText(record(last).output) : null,
    tools: request.tool_choice === 'none' ? [] : toolsOf(offered),
    format: format.type === 'json_schema' ? record(format.schema) : null,
    outputTokensMax: typeof request.max_output_tokens === 'number' ? request.max_output_tokens : 0,
  };
}

const usageOf = (turn: Turn): Json => ({
  input_tokens: turn.inputTokens,
  input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
  output_tokens: turn.outputTokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: turn.inputTokens + turn.outputTokens,
});

function responseOf(prompt: Prompt, { serial, createdAt, request }: ReplyContext, rest: Json): Json {
  return {
    id: `resp_demo${serial}`,
    object: 'response',
    created_at: createdAt,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: request.metadata ?? {},
    model: prompt.model,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: request.previous_response_id ?? null,
    prompt_cache_key: request.prompt_cache_key ?? null,
    reasoning: request.reasoning ?? { effort: null, summary: null },
    service_tier: 'default',
    store: request.store ?? true,
    temperature: request.temperature ?? null,
    text: request.text ?? { format: { type: 'text' } },
    tool_choice: request.tool_choice ?? 'auto',
    tools: request.tools ?? [],
    top_p: request.top_p ?? null,
    truncation: request.truncation ?? 'disabled',
    ...rest,
  };
}

const itemOf = (turn: Turn, serial: string) => (turn.call ? functionCall(turn.call, serial) : message(turn, serial));

function ended(turn: Turn, prompt: Prompt, context: ReplyContext): Json {
  const isWarmUp = context.request.generate === false;
  return responseOf(prompt, context, {
    status: turn.isCut ? 'incomplete' : 'completed',
    ...(turn.isCut ? { incomplete_details: { reason: 'max_output_tokens' } } : {}),
    output: isWarmUp ? [] : [itemOf(turn, context.serial).done],
    usage: usageOf(isWarmUp ? { ...turn, outputTokens: 0 } : turn),
  });
}

function* events(turn: Turn, prompt: Prompt, context: ReplyContext): Generator<WireEvent> {
  let sequence = 0;
  const event = (type: string, rest: Json, isPiece = false): WireEvent => ({
    name: type,
    data: { type, sequence_number: sequence++, ...rest },
    isPiece,
  });
  const begun = responseOf(prompt, context, { status: 'in_progress', output: [], usage: null });
  yield event('response.created', { response: begun });
  yield event('response.in_progress', { response: begun });
  // Codex warms a socket up with `generate: false`: a response without output.
  if (context.request.generate !== false) {
    const item = itemOf(turn, context.serial);
    yield event('response.output_item.added', { output_index: 0, item: item.added });
    for (const step of item.steps) {
      yield event(step.type, { item_id: item.done.id, output_index: 0, ...step.rest }, step.isPiece);
    }
    yield event('response.output_item.done', { output_index: 0, item: item.done });
  }
  const response = ended(turn, prompt, context);
  yield event(turn.isCut ? 'response.incomplete' : 'response.completed', { response });
}

export const openAiResponses: Wire = { read, reply: ended, events };
