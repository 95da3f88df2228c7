/** What a Responses request says (OpenAI API reference, "Create a model response"), and a `response.create` frame. */
import { ContentBuilder, roleOf } from '../content-builder.ts';
import type { JsonPath } from '../json/scan.ts';
import type { RequestContent, SegmentKind } from '../segment.ts';
import { count, type Fields, fields, isGiven, text, words } from '../tolerant.ts';
import { callOfItem, isOutputItem, RESULT_FIELDS } from './items.ts';

const REQUEST: ReadonlySet<string> = words(
  'type model input instructions tools tool_choice previous_response_id conversation include reasoning',
  'text truncation prompt prompt_cache_key prompt_cache_options prompt_cache_retention',
  'context_management metadata client_metadata safety_identifier service_tier moderation user',
  'access_programs image stream_id event_id stream_options',
);
/** Of an item: names, states, ciphertext. */
const ITEM: ReadonlySet<string> = words(
  'type id call_id role status phase name namespace server_label encrypted_content content summary',
  'tools approval_request_id internal_chat_message_metadata_passthrough caller execution',
  'prompt_cache_breakpoint acknowledged_safety_checks pending_safety_checks container_id',
);

const TEXT_PART: ReadonlySet<string> = words('type text annotations logprobs prompt_cache_breakpoint');
const IMAGE_PART: ReadonlySet<string> = words('type image_url file_id detail prompt_cache_breakpoint');
const FILE_PART: ReadonlySet<string> = words('type filename file_url file_data file_id detail prompt_cache_breakpoint');

export const RESPONSES_KEYS = {
  known: words(
    'model input instructions tools stream type role content text name namespace arguments output call_id',
    'summary max_output_tokens prompt variables description format parameters server_url server_label',
    'previous_response_id conversation refusal image_url file_data file_url filename action command',
    'commands operation code id tool_choice',
  ),
  free: words(
    'arguments parameters output_schema schema metadata client_metadata headers variables input_schema env',
    'attributes filters internal_chat_message_metadata_passthrough',
  ),
};

export function readResponsesContent(body: unknown): RequestContent {
  const request = fields(body);
  const out = new ContentBuilder();
  out.begin('system', -1);
  out.leaves('text', request.instructions, ['instructions']);
  readTools(out, request.tools, ['tools'], '');
  out.leaves('output_schema', fields(request.text).format, ['text', 'format']);
  out.begin('user', -1);
  out.leaves('text', fields(request.prompt).variables, ['prompt', 'variables']);
  out.others(request, REQUEST, []);
  return out.build({
    messages: readInput(out, request.input),
    outputTokensMax: count(request.max_output_tokens),
    choices: 1,
    usageInStream: true,
  });
}

/** One text, or items. @returns their number. */
function readInput(out: ContentBuilder, input: unknown): number {
  if (typeof input !== 'string') return out.messages(input, ['input'], (item, index) => readItem(out, item, index));
  out.begin('user', 0);
  out.text('text', input, ['input']);
  return 1;
}

/** Tools may stand in namespaces, and those in items. */
function readTools(out: ContentBuilder, tools: unknown, path: JsonPath, namespace: string): void {
  out.each('tool_definition', tools, path, (_, tool, at) => {
    if (tool.type === 'namespace') {
      for (const key of ['name', 'description']) out.text('tool_definition', tool[key], [...at, key]);
      // A namespace in a namespace would be new; it is read all the same, but not without end.
      if (path.length < 16) readTools(out, tool.tools, [...at, 'tools'], text(tool.name));
      return;
    }
    const kind = text(tool.type);
    out.tool({
      name: text(tool.name) || (kind === 'mcp' || kind === 'function' ? '' : kind),
      namespace: namespace || text(tool.server_label),
      kind: kind || 'function',
      description: text(tool.description) || text(tool.server_description) || text(tool.server_url),
      schema: tool.parameters ?? tool.input_schema ?? tool.format,
      path: at,
    });
    for (const key of Object.keys(tool)) {
      // An MCP server's credentials are for the provider, not for inspection.
      if (key !== 'authorization' && key !== 'headers' && key !== 'type')
        out.leaves('tool_definition', tool[key], [...at, key]);
    }
  });
}

function readItem(out: ContentBuilder, item: Fields, index: number): void {
  const path = ['input', index];
  const call = callOfItem(item);
  const isResult = isOutputItem(item);
  out.begin(isResult ? 'tool' : roleOf(item.role ?? (call === null ? defaultRole(item) : 'assistant')), index);
  if (item.tools !== undefined) readTools(out, item.tools, [...path, 'tools'], text(item.server_label));
  if (call !== null) {
    const at = [...path, call.field];
    out.call(call);
    if (call.isJson) out.jsonText('tool_arguments', item[call.field], at);
    else out.leaves('tool_arguments', item[call.field], at);
  } else out.callId = text(item.call_id);
  if (isGiven(item.content))
    out.parts(item.type === 'reasoning' ? 'reasoning' : 'text', item.content, [...path, 'content'], readPart);
  if (isGiven(item.summary)) out.parts('reasoning', item.summary, [...path, 'summary'], readPart);
  const hasResult = isResult || call !== null;
  if (hasResult) out.role = 'tool';
  for (const key of Object.keys(item)) {
    // An image comes back as base64.
    const isImage = key === 'result' && item.type === 'image_generation_call';
    if (ITEM.has(key) || key === call?.field || isImage) continue;
    if (hasResult && RESULT_FIELDS.has(key)) out.parts('tool_result', item[key], [...path, key], readPart);
    else out.leaves('other', item[key], [...path, key]);
  }
}

/** What has no role: the model's own (reasoning, calls), a server's, or, where we do not know it, the caller's. */
const defaultRole = ({ type }: Fields): string =>
  type === 'reasoning' ? 'assistant' : type === 'mcp_list_tools' ? 'tool' : 'user';

function readPart(out: ContentBuilder, kind: SegmentKind, part: Fields, at: JsonPath): void {
  switch (part.type) {
    case 'input_text':
    case 'output_text':
    case 'text':
    case 'reasoning_text':
    case 'summary_text':
      out.text(kind, part.text, [...at, 'text']);
      out.leaves('document', part.annotations, [...at, 'annotations']);
      out.others(part, TEXT_PART, at);
      break;
    case 'refusal':
      out.text('refusal', part.refusal, [...at, 'refusal']);
      break;
    case 'input_image':
    case 'computer_screenshot':
      out.address(part.image_url, [...at, 'image_url']);
      out.others(part, IMAGE_PART, at);
      break;
    case 'input_file':
      out.text('document', part.filename, [...at, 'filename']);
      out.address(part.file_url, [...at, 'file_url']);
      out.others(part, FILE_PART, at);
      break;
    default:
      out.leaves(kind === 'tool_result' ? kind : 'other', part, at);
  }
}
