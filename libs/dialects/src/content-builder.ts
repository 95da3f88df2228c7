/** Collects the segments of a request; keeps the role, the message and the call that the next text belongs to. */
import { type KeyRules, keyProblem } from './json/key-problem.ts';
import { eachLeaf } from './json/leaves.ts';
import { type JsonPath, parseJson } from './json/scan.ts';
import type {
  PastCall,
  RequestContent,
  Segment,
  SegmentKind,
  SegmentRole,
  ToolCall,
  ToolDefinition,
} from './segment.ts';
import { utf8 } from './sse/frame.ts';
import { type Fields, fields, text } from './tolerant.ts';

const ROLES: Readonly<Record<string, SegmentRole>> = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

const NO_KEYS: KeyRules = { known: new Set(), free: new Set() };

/** What of a value is no text, by what the value is. */
const SKIP: Readonly<Record<SegmentKind, Parameters<typeof eachLeaf>[1]>> = {
  text: 'ciphers',
  reasoning: 'ciphers',
  refusal: 'ciphers',
  document: 'names',
  tool_definition: 'names',
  tool_arguments: 'nothing',
  tool_result: 'ciphers',
  output_schema: 'names',
  image_url: 'ciphers',
  other: 'names',
};

/** A role that we do not know is trusted like the least trusted that speaks for itself. */
export const roleOf = (role: unknown): SegmentRole =>
  (typeof role === 'string' && Object.hasOwn(ROLES, role) ? ROLES[role] : undefined) ?? 'user';

export class ContentBuilder {
  readonly #segments: Segment[] = [];
  readonly #tools: ToolDefinition[] = [];
  readonly #calls: PastCall[] = [];
  role: SegmentRole = 'user';
  messageIndex = -1;
  callId = '';

  begin(role: SegmentRole, messageIndex: number): void {
    this.role = role;
    this.messageIndex = messageIndex;
    this.callId = '';
  }

  /** A string becomes a segment; anything else, and the empty string, is nothing. */
  text(kind: SegmentKind, value: unknown, path: JsonPath, inner: JsonPath | null = null): void {
    if (typeof value !== 'string' || value === '') return;
    const { role, messageIndex, callId } = this;
    this.#segments.push({ role, kind, text: value, path, inner, messageIndex, callId });
  }

  leaves(kind: SegmentKind, value: unknown, path: JsonPath): void {
    eachLeaf(value, SKIP[kind], (leaf, below) =>
      this.text(kind, leaf, below.length === 0 ? path : [...path, ...below]),
    );
  }

  /** Content as all wires have it: a string, or parts, of which each wire has its own. */
  parts(
    kind: SegmentKind,
    content: unknown,
    path: JsonPath,
    readPart: (out: ContentBuilder, kind: SegmentKind, part: Fields, path: JsonPath) => void,
  ): void {
    if (!Array.isArray(content)) {
      this.leaves(kind, content, path);
      return;
    }
    for (const [index, part] of content.entries()) {
      if (typeof part === 'string') this.text(kind, part, [...path, index]);
      else readPart(this, kind, fields(part), [...path, index]);
    }
  }

  /** A string that is JSON: its leaves, so that `\u0072m` is read as the tool will read it. Else the string as it is. */
  jsonText(kind: SegmentKind, value: unknown, path: JsonPath): void {
    const document = typeof value === 'string' ? parseJson(value) : undefined;
    const isDocument = typeof document === 'object' && document !== null;
    // A key that comes twice hides what its first value says.
    if (!isDocument || keyProblem(utf8(text(value)), NO_KEYS) !== null) this.text(kind, value, path);
    if (isDocument) eachLeaf(document, 'nothing', (leaf, below) => this.text(kind, leaf, path, below));
  }

  /** The fields of an object that its reader does not name. */
  others(object: Fields, named: ReadonlySet<string>, path: JsonPath): void {
    for (const key of Object.keys(object)) if (!named.has(key)) this.leaves('other', object[key], [...path, key]);
  }

  /** An http(s) address; data that is inline is not text. */
  address(value: unknown, path: JsonPath): void {
    if (!text(value).startsWith('data:')) this.text('image_url', value, path);
  }

  call(call: ToolCall): void {
    const { id, name, namespace, kind } = call;
    this.callId = id;
    this.#calls.push({ id, name, namespace, kind, arguments: call.arguments, messageIndex: this.messageIndex });
  }

  tool(tool: ToolDefinition): void {
    this.#tools.push(tool);
  }

  build(limits: Pick<RequestContent, 'outputTokensMax' | 'choices' | 'usageInStream' | 'messages'>): RequestContent {
    return { segments: this.#segments, tools: this.#tools, calls: this.#calls, ...limits };
  }
}
