/** What a Chat Completions request says (OpenAI API reference, "Create chat completion"). */
import { ContentBuilder, roleOf } from '../content-builder.ts';
import { type JsonPath, jsonOf } from '../json/scan.ts';
import type { RequestContent, SegmentKind } from '../segment.ts';
import { count, type Fields, fields, isFields, isGiven, text, words } from '../tolerant.ts';

/** What is read by name, and what says nothing to a model. */
const REQUEST: ReadonlySet<string> = words(
  'model messages tools functions response_format prediction metadata client_metadata user',
  'safety_identifier prompt_cache_key tool_choice function_call reasoning_effort verbosity service_tier',
  'modalities stop audio prompt_cache_options prompt_cache_retention stream_options',
);
const MESSAGE: ReadonlySet<string> = words(
  'role content name refusal reasoning_content reasoning reasoning_details tool_calls function_call',
  'tool_call_id audio id type cache_control prompt_cache_breakpoint',
);
const REASONING = ['reasoning_content', 'reasoning', 'reasoning_details'] as const;
/** Of a piece of reasoning, and of a file: what is no text. */
const DETAIL: ReadonlySet<string> = words('type id format index data signature');
const NOTHING: ReadonlySet<string> = new Set();
const FILE: ReadonlySet<string> = words('file_id file_data');

/** Of a part: what is read, or no text, by its type. What else is in it, some servers read for its own sake. */
const PART: Readonly<Record<string, ReadonlySet<string>>> = {
  text: words('type text cache_control prompt_cache_breakpoint'),
  refusal: words('type refusal'),
  image_url: words('type image_url cache_control prompt_cache_breakpoint'),
  input_audio: words('type input_audio cache_control'),
  file: words('type file cache_control prompt_cache_breakpoint'),
  thinking: words('type thinking signature closed cache_control'),
};

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
  out.each('tool_definition', request.tools, ['tools'], readTool);
  out.each('tool_definition', request.functions, ['functions'], readFunction);
  out.leaves('output_schema', fields(request.response_format).json_schema, ['response_format', 'json_schema']);
  out.begin('user', -1);
  out.parts('text', fields(request.prediction).content, ['prediction', 'content'], readPart);
  out.others(request, REQUEST, []);
  const messages = out.messages(request.messages, ['messages'], (message, index) => readMessage(out, message, index));
  return out.build({
    messages,
    outputTokensMax: count(request.max_completion_tokens) ?? count(request.max_tokens),
    choices: count(request.n) ?? 1,
    usageInStream: fields(request.stream_options).include_usage === true,
  });
}

function readTool(out: ContentBuilder, tool: Fields, path: JsonPath): void {
  if (isFields(tool.custom)) {
    const { custom } = tool;
    out.tool({
      name: text(custom.name),
      namespace: '',
      kind: 'custom',
      description: text(custom.description),
      schema: custom.format,
      path,
    });
    out.leaves('tool_definition', custom, [...path, 'custom']);
    if (isFields(tool.function)) readFunction(out, tool.function, [...path, 'function']);
  } else if (!isFields(tool.function)) {
    out.tool({ name: text(tool.name), namespace: '', kind: text(tool.type), description: '', schema: undefined, path });
    out.leaves('tool_definition', tool, path);
  } else readFunction(out, tool.function, [...path, 'function']);
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
  if (message.name !== undefined) out.text('other', message.name, [...path, 'name']);
  for (const key of REASONING) if (isGiven(message[key])) readReasoning(out, message[key], [...path, key]);
  if (isGiven(message.content))
    out.parts(out.role === 'tool' ? 'tool_result' : 'text', message.content, [...path, 'content'], readPart);
  if (isGiven(message.refusal)) out.text('refusal', message.refusal, [...path, 'refusal']);
  if (isGiven(message.tool_calls)) out.each('tool_arguments', message.tool_calls, [...path, 'tool_calls'], readCall);
  if (isGiven(message.function_call)) readFunctionCall(out, '', message.function_call, [...path, 'function_call']);
  out.others(message, MESSAGE, path);
}

/** Text, or what OpenRouter calls details: objects with a text or a summary, or with ciphertext. */
function readReasoning(out: ContentBuilder, value: unknown, path: JsonPath): void {
  out.parts('reasoning', value, path, (_, kind, part, at) => out.others(part, DETAIL, at, kind));
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
      if (isFields(part.image_url)) out.address(part.image_url.url, [...at, 'image_url', 'url']);
      else out.address(part.image_url, [...at, 'image_url']);
      break;
    case 'input_audio':
      break;
    case 'file':
      if (isFields(part.file)) out.others(part.file, FILE, [...at, 'file'], 'document');
      else out.leaves('document', part.file, [...at, 'file']);
      break;
    case 'thinking':
      out.leaves('reasoning', part.thinking, [...at, 'thinking']);
      break;
    default:
      out.leaves('other', part, at);
      return;
  }
  out.others(part, PART[part.type] ?? NOTHING, at);
}

/** `{id, type, function: {name, arguments}}` or `{id, type, custom: {name, input}}`. */
function readCall(out: ContentBuilder, call: Fields, path: JsonPath): void {
  const id = text(call.id);
  // Two calls in one: each server takes the one that it knows.
  if (!isGiven(call.custom) || isGiven(call.function)) readFunctionCall(out, id, call.function, [...path, 'function']);
  if (!isGiven(call.custom)) return;
  const { name, input } = fields(call.custom);
  out.call({ id, name: text(name), namespace: '', kind: 'custom', arguments: typeof input === 'string' ? input : '' });
  if (isFields(call.custom)) out.text('tool_arguments', input, [...path, 'custom', 'input']);
  else out.leaves('tool_arguments', call.custom, [...path, 'custom']);
}

function readFunctionCall(out: ContentBuilder, id: string, called: unknown, path: JsonPath): void {
  if (!isFields(called)) {
    out.leaves('tool_arguments', called, path);
    return;
  }
  const { name, arguments: json } = called;
  const at = [...path, 'arguments'];
  // Some servers write arguments as an object.
  const written = typeof json === 'string' ? json : jsonOf(json);
  out.call({ id, name: text(name), namespace: '', kind: 'function', arguments: written });
  if (typeof json === 'string') out.jsonText('tool_arguments', json, at);
  else out.leaves('tool_arguments', json, at);
}
