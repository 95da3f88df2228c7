/** What a Chat Completions request says (OpenAI API reference, "Create chat completion"). */
import { ContentBuilder, roleOf } from '../content-builder.ts';
import { type JsonPath, jsonOf } from '../json/scan.ts';
import type { RequestContent, SegmentKind } from '../segment.ts';
import { count, eachOf, type Fields, fields, isGiven, list, text, words } from '../tolerant.ts';

/** What is read by name, and what says nothing to a model. */
const REQUEST: ReadonlySet<string> = words(
  'model messages tools functions response_format prediction metadata client_metadata user',
  'safety_identifier prompt_cache_key tool_choice function_call reasoning_effort verbosity service_tier',
  'modalities stop audio prompt_cache_options prompt_cache_retention stream_options',
);
const MESSAGE: ReadonlySet<string> = words(
  'role content name refusal reasoning_content reasoning tool_calls function_call tool_call_id audio id',
  'type cache_control prompt_cache_breakpoint',
);

export const CHAT_KEYS = {
  known: words(
    'model messages stream stream_options include_usage tools functions function n role content text type',
    'name refusal tool_calls tool_call_id function_call arguments description parameters custom input',
    'image_url url file file_data file_id prompt max_tokens max_completion_tokens response_format',
    'prediction reasoning_content reasoning tool_choice id format suffix',
  ),
  free: words('arguments parameters metadata client_metadata json_schema schema logit_bias extra_body'),
};

export function readChatContent(body: unknown): RequestContent {
  const request = fields(body);
  const out = new ContentBuilder();
  out.begin('system', -1);
  eachOf(request.tools, (tool, index) => readTool(out, tool, ['tools', index]));
  eachOf(request.functions, (tool, index) => readFunction(out, tool, ['functions', index]));
  out.leaves('output_schema', fields(request.response_format).json_schema, ['response_format', 'json_schema']);
  out.begin('user', -1);
  out.parts('text', fields(request.prediction).content, ['prediction', 'content'], readPart);
  out.others(request, REQUEST, []);
  eachOf(request.messages, (message, index) => readMessage(out, message, index));
  return out.build({
    messages: list(request.messages).length,
    outputTokensMax: count(request.max_completion_tokens) ?? count(request.max_tokens),
    choices: count(request.n) ?? 1,
    usageInStream: fields(request.stream_options).include_usage === true,
  });
}

function readTool(out: ContentBuilder, tool: Fields, path: JsonPath): void {
  if (isGiven(tool.custom)) {
    const custom = fields(tool.custom);
    out.tool({
      name: text(custom.name),
      namespace: '',
      kind: 'custom',
      description: text(custom.description),
      schema: custom.format,
      path,
    });
    out.leaves('tool_definition', custom, [...path, 'custom']);
  } else if (!isGiven(tool.function)) {
    out.tool({ name: text(tool.name), namespace: '', kind: text(tool.type), description: '', schema: undefined, path });
    out.leaves('tool_definition', tool, path);
  } else readFunction(out, fields(tool.function), [...path, 'function']);
}

function readFunction(out: ContentBuilder, tool: Fields, path: JsonPath): void {
  const { parameters, name, description } = tool;
  out.tool({
    name: text(name),
    namespace: '',
    kind: 'function',
    description: text(description),
    schema: parameters,
    path,
  });
  out.leaves('tool_definition', tool, path);
}

function readMessage(out: ContentBuilder, message: Fields, index: number): void {
  const path = ['messages', index];
  out.begin(roleOf(message.role), index);
  out.callId = text(message.tool_call_id);
  out.text('other', message.name, [...path, 'name']);
  out.text('reasoning', message.reasoning_content, [...path, 'reasoning_content']);
  out.leaves('reasoning', message.reasoning, [...path, 'reasoning']);
  out.parts(out.role === 'tool' ? 'tool_result' : 'text', message.content, [...path, 'content'], readPart);
  out.text('refusal', message.refusal, [...path, 'refusal']);
  eachOf(message.tool_calls, (call, at) => readCall(out, call, [...path, 'tool_calls', at]));
  if (isGiven(message.function_call))
    readCall(out, { function: message.function_call }, path, [...path, 'function_call']);
  out.others(message, MESSAGE, path);
}

function readPart(out: ContentBuilder, kind: SegmentKind, part: Fields, at: JsonPath): void {
  switch (part.type) {
    case 'text':
      out.text(kind, part.text, [...at, 'text']);
      break;
    case 'refusal':
      out.text('refusal', part.refusal, [...at, 'refusal']);
      break;
    case 'image_url':
      if (typeof part.image_url === 'string') out.address(part.image_url, [...at, 'image_url']);
      else out.address(fields(part.image_url).url, [...at, 'image_url', 'url']);
      break;
    case 'input_audio':
      break;
    case 'file':
      out.text('document', fields(part.file).filename, [...at, 'file', 'filename']);
      break;
    case 'thinking':
      out.leaves('reasoning', part.thinking, [...at, 'thinking']);
      break;
    default:
      out.leaves('other', part, at);
  }
}

/** `{id, type, function: {name, arguments}}` or `{id, type, custom: {name, input}}`. */
function readCall(out: ContentBuilder, call: Fields, path: JsonPath, legacy?: JsonPath): void {
  const id = text(call.id);
  if (isGiven(call.custom)) {
    const { name, input } = fields(call.custom);
    out.call({ id, name: text(name), namespace: '', kind: 'custom', arguments: text(input) });
    out.text('tool_arguments', input, [...path, 'custom', 'input']);
    return;
  }
  const { name, arguments: json } = fields(call.function);
  const at = [...(legacy ?? [...path, 'function']), 'arguments'];
  // Some servers write arguments as an object.
  out.call({
    id,
    name: text(name),
    namespace: '',
    kind: 'function',
    arguments: typeof json === 'string' ? json : jsonOf(json),
  });
  if (typeof json === 'string') out.jsonText('tool_arguments', json, at);
  else out.leaves('tool_arguments', json, at);
}
