/** What a Messages request says (Anthropic API reference, versions 2023-06-01 and 2026-10-21, with betas). */
import { ContentBuilder, roleOf } from '../content-builder.ts';
import { type JsonPath, jsonOf } from '../json/scan.ts';
import type { RequestContent, SegmentKind, ToolCall } from '../segment.ts';
import { count, eachOf, type Fields, fields, isFields, text, words } from '../tolerant.ts';

const REQUEST: ReadonlySet<string> = words(
  'model messages system tools metadata tool_choice thinking output_config output_format stop_sequences',
  'service_tier speed container cache_control diagnostics inference_geo thread workspace_id',
  'user_profile_id mcp_servers context_management fallbacks fallback_credit_token billing_policy',
  'anthropic_version anthropic_beta safeguards compaction betas',
);

const MESSAGE: ReadonlySet<string> = words('role content');

/** Of a block: what is read, or no text, by its type. */
const BLOCK: Readonly<Record<string, ReadonlySet<string>>> = {
  text: words('type text citations cache_control'),
  thinking: words('type thinking signature cache_control'),
  image: words('type source cache_control'),
  document: words('type title context source citations cache_control'),
};

export const ANTHROPIC_KEYS = {
  known: words(
    'model messages system stream max_tokens tools role content type text name id source data url title',
    'context citations tool_use_id thinking description tool_choice input input_schema mcp_servers',
    'output_config is_error cited_text thread container',
  ),
  free: words('input input_schema metadata schema input_examples examples arguments'),
};

export function readAnthropicContent(body: unknown): RequestContent {
  const request = fields(body);
  const out = new ContentBuilder();
  out.begin('system', -1);
  out.parts('text', request.system, ['system'], readBlock);
  out.each('tool_definition', request.tools, ['tools'], readTool);
  eachOf(request.mcp_servers, ({ name, url }, index) => {
    const path = ['mcp_servers', index];
    out.tool({ name: '', namespace: text(name), kind: 'mcp', description: text(url), schema: undefined, path });
    out.text('tool_definition', url, [...path, 'url']);
  });
  for (const key of ['output_config', 'output_format']) out.leaves('output_schema', request[key], [key]);
  // What is compacted or edited away may be told how: `instructions`.
  for (const key of ['context_management', 'compaction']) out.leaves('text', request[key], [key]);
  out.begin('user', -1);
  out.others(request, REQUEST, []);
  const messages = out.messages(request.messages, ['messages'], (message, index) => {
    out.role = roleOf(message.role);
    out.parts('text', message.content, ['messages', index, 'content'], readBlock);
    out.others(message, MESSAGE, ['messages', index]);
  });
  return out.build({
    messages,
    outputTokensMax: count(request.max_tokens),
    choices: 1,
    usageInStream: true,
  });
}

/** `{name, description, input_schema}`, or a server's: `{type: "bash_20250124", name}`, `{type: "mcp_toolset", …}`. */
function readTool(out: ContentBuilder, tool: Fields, path: JsonPath, server = ''): void {
  const { type, name, description, input_schema: schema } = tool;
  const kind = type === undefined || type === 'custom' ? 'function' : text(type);
  out.tool({
    name: text(name),
    namespace: text(tool.mcp_server_name) || server,
    kind,
    description: text(description),
    schema,
    path,
  });
  out.leaves('tool_definition', tool, path);
}

/** A tool that is offered from here on: defined, or referred to by its name. */
function readAddition(out: ContentBuilder, tool: unknown, path: JsonPath): void {
  const { definition } = fields(tool);
  if (isFields(definition)) readTool(out, definition, [...path, 'definition']);
  else out.leaves('other', tool, path);
}

/** Call of a tool block: the model's own, a server's, an MCP server's. Null where the block is none. */
export function callOfBlock(block: Fields): ToolCall | null {
  const type = text(block.type);
  if (type !== 'tool_use' && !type.endsWith('_tool_use')) return null;
  const { input } = block;
  return {
    id: text(block.id),
    name: text(block.name),
    namespace: text(block.server_name),
    kind: type === 'tool_use' ? 'function' : type,
    arguments: typeof input === 'string' ? input : jsonOf(input),
  };
}

function readBlock(out: ContentBuilder, kind: SegmentKind, block: Fields, path: JsonPath): void {
  const call = callOfBlock(block);
  if (call !== null) {
    out.call(call);
    out.leaves('tool_arguments', block.input, [...path, 'input']);
    return;
  }
  switch (block.type) {
    case 'text':
      out.text(kind, block.text, [...path, 'text']);
      out.leaves('document', block.citations, [...path, 'citations']);
      break;
    case 'thinking':
      out.text('reasoning', block.thinking, [...path, 'thinking']);
      break;
    case 'redacted_thinking':
    case 'container_upload':
      return;
    case 'image':
      readSource(out, 'other', block.source, [...path, 'source']);
      break;
    case 'document':
      readDocument(out, block, path);
      break;
    case 'search_result':
      for (const key of ['source', 'title']) out.text('document', block[key], [...path, key]);
      out.parts('document', block.content, [...path, 'content'], readBlock);
      break;
    case 'compaction':
      out.leaves(kind, block.content, [...path, 'content']);
      break;
    case 'tool_addition':
      readAddition(out, block.tool, [...path, 'tool']);
      break;
    case 'mcp_tool_listing': {
      const server = text(block.mcp_server_name);
      out.each('tool_definition', block.tools, [...path, 'tools'], (_, tool, at) => readTool(out, tool, at, server));
      break;
    }
    default:
      readUnlisted(out, block, path);
  }
  const named = BLOCK[text(block.type)];
  if (named !== undefined) out.others(block, named, path);
}

/** Results: `tool_result`, and what servers' tools gave (`web_search_tool_result`, `mcp_tool_result` …). Else: unknown. */
function readUnlisted(out: ContentBuilder, block: Fields, path: JsonPath): void {
  const type = text(block.type);
  if (type !== 'tool_result' && !type.endsWith('_tool_result')) {
    out.leaves('other', block, path);
    return;
  }
  const { role } = out;
  out.role = 'tool';
  out.callId = text(block.tool_use_id);
  const isOfBlocks = type === 'tool_result' || type === 'mcp_tool_result';
  out.parts('tool_result', block.content, [...path, 'content'], isOfBlocks ? readBlock : readServerResult);
  out.role = role;
  out.callId = '';
}

function readDocument(out: ContentBuilder, block: Fields, path: JsonPath): void {
  out.text('document', block.title, [...path, 'title']);
  out.text('document', block.context, [...path, 'context']);
  readSource(out, 'document', block.source, [...path, 'source']);
}

/** A page that was fetched is a document, maybe a PDF; the rest is what each tool has. */
function readServerResult(out: ContentBuilder, kind: SegmentKind, result: Fields, path: JsonPath): void {
  if (result.type !== 'web_fetch_result') {
    out.leaves(kind, result, path);
    return;
  }
  out.text(kind, result.url, [...path, 'url']);
  out.parts('document', result.content, [...path, 'content'], readBlock);
}

/** Where a picture or document is: inline, at an address, in the provider's files; or its text. */
function readSource(out: ContentBuilder, kind: SegmentKind, value: unknown, path: JsonPath): void {
  if (!isFields(value)) {
    out.leaves(kind, value, path);
    return;
  }
  out.address(value.url, [...path, 'url']);
  if (value.type !== 'base64') out.text(kind, value.data, [...path, 'data']);
  out.parts(kind, value.content, [...path, 'content'], readBlock);
}
