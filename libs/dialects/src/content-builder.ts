/** Collects the segments of a request; keeps the role, the message and the call that the next text belongs to. */
import { colonsIn, keysIn } from './json/count-keys.ts';
import { eachLeaf, isInlineData } from './json/leaves.ts';
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
import { type Fields, isFields, isGiven } from './tolerant.ts';

const ROLES: Readonly<Record<string, SegmentRole>> = {
  system: 'system',
  developer: 'developer',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
};

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

  /** A string becomes a segment, the empty one does not. Of anything else, which some servers may take: all its strings. */
  text(kind: SegmentKind, value: unknown, path: JsonPath, inner: JsonPath | null = null): void {
    if (typeof value !== 'string') {
      if (typeof value === 'object' && value !== null) this.leaves(kind, value, path);
      return;
    }
    if (value === '') return;
    const { role, messageIndex, callId } = this;
    this.#segments.push({ role, kind, text: value, path, inner, messageIndex, callId });
  }

  leaves(kind: SegmentKind, value: unknown, path: JsonPath): void {
    eachLeaf(value, SKIP[kind], (leaf, below) =>
      this.text(kind, leaf, below.length === 0 ? path : [...path, ...below]),
    );
  }

  /** A list of objects. What stands there instead of the list, or of an object in it, is all its strings. */
  each(
    kind: SegmentKind,
    value: unknown,
    path: JsonPath,
    read: (out: ContentBuilder, entry: Fields, path: JsonPath) => void,
  ): void {
    if (!Array.isArray(value)) {
      if (isGiven(value)) this.leaves(kind, value, path);
      return;
    }
    for (let index = 0; index < value.length; index++) {
      const entry: unknown = value[index];
      if (isFields(entry)) read(this, entry, [...path, index]);
      else this.leaves(kind, entry, [...path, index]);
    }
  }

  /** The list of the conversation. @returns its length. */
  messages(value: unknown, path: JsonPath, read: (entry: Fields, index: number) => void): number {
    if (!Array.isArray(value)) {
      this.begin('user', -1);
      this.leaves('text', value, path);
      return 0;
    }
    for (let index = 0; index < value.length; index++) {
      const entry: unknown = value[index];
      this.begin('user', index);
      if (isFields(entry)) read(entry, index);
      else this.leaves('text', entry, [...path, index]);
    }
    return value.length;
  }

  /** Content as all wires have it: a string, or parts, of which each wire has its own. */
  parts(
    kind: SegmentKind,
    content: unknown,
    path: JsonPath,
    readPart: (out: ContentBuilder, kind: SegmentKind, part: Fields, path: JsonPath) => void,
  ): void {
    if (typeof content === 'string') this.text(kind, content, path);
    // One part without a list around it.
    else if (isFields(content)) readPart(this, kind, content, path);
    else this.each(kind, content, path, (out, part, at) => readPart(out, kind, part, at));
  }

  /** A string that is JSON: its leaves, so that `\u0072m` is read as the tool will read it. Else the string as it is. */
  jsonText(kind: SegmentKind, value: unknown, path: JsonPath): void {
    const document = typeof value === 'string' ? parseJson(value) : undefined;
    if (typeof value !== 'string' || typeof document !== 'object' || document === null) {
      this.text(kind, value, path);
      return;
    }
    // A key that comes twice hides what its first value says.
    if (colonsIn(value) !== keysIn(document)) this.text(kind, value, path);
    eachLeaf(document, 'nothing', (leaf, below) => this.text(kind, leaf, path, below));
  }

  /** The fields of an object that its reader does not name. */
  others(object: Fields, named: ReadonlySet<string>, path: JsonPath, kind: SegmentKind = 'other'): void {
    for (const key of Object.keys(object)) if (!named.has(key)) this.leaves(kind, object[key], [...path, key]);
  }

  /** An address; data that is inline is not text. */
  address(value: unknown, path: JsonPath): void {
    if (typeof value !== 'string' || !isInlineData(value)) this.text('image_url', value, path);
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
