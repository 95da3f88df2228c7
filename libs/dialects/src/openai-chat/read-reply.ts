/** Chat completions and their chunks (OpenAI API reference); also legacy completions, whose choices have a `text`. */
import { type JsonPath, jsonOf } from '../json/scan.ts';
import { OpenCalls } from '../open-calls.ts';
import { pushText } from '../push-text.ts';
import type { EventReading, FinishReason, ReplyItem } from '../reply.ts';
import { count, eachOf, type Fields, fields, isGiven, list, text, words } from '../tolerant.ts';
import { laterUsage, type Usage } from '../usage.ts';
import { chatUsage } from './usage.ts';

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  model_length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  content_filter: 'content_filter',
  error: 'error',
};

/** Of a message or delta: read by name, or no text of the model. */
const MESSAGE: ReadonlySet<string> = words(
  'role content refusal reasoning_content reasoning reasoning_details tool_calls function_call audio annotations id type',
  'obfuscation',
);

/** The part of a call in the legacy field, which has no index. */
const LEGACY_PART = -1;
/** The part of the second call in one, less the part of the first. */
const TWIN_PART = -2;

export class ChatReading implements EventReading {
  readonly #calls = new OpenCalls();
  #usage: Usage | null = null;
  #begun = false;

  read(value: unknown, items: ReplyItem[]): void {
    const chunk = fields(value);
    const choices = list(chunk.choices);
    if (!this.#begun && text(chunk.id) !== '') {
      this.#begun = true;
      items.push({ type: 'begin', id: text(chunk.id), model: text(chunk.model) });
    }
    for (let at = 0; at < choices.length; at++) this.#readChoice(fields(choices[at]), at, items);
    // Groq's streams tell it in a field of their own.
    const usage = chatUsage(chunk.usage ?? fields(chunk.x_groq).usage);
    if (usage !== null) {
      this.#usage = laterUsage(this.#usage, usage);
      items.push({ type: 'usage', usage: this.#usage, only: Array.isArray(chunk.choices) && choices.length === 0 });
    }
    if (isGiven(chunk.error)) {
      items.push(errorItem(chunk.error));
      pushText(items, 'other', 0, chunk.error, ['error']);
    }
  }

  end(items: ReplyItem[]): void {
    this.#calls.end(items);
  }

  #readChoice(choice: Fields, at: number, items: ReplyItem[]): void {
    const index = count(choice.index) ?? at;
    pushText(items, 'text', index, choice.text, ['choices', at, 'text']);
    // A chunk has a `delta`, a body that comes whole a `message`; where there are both, who knows which one is shown.
    for (const key of ['delta', 'message'] as const) {
      const message = fields(choice[key]);
      for (const field of Object.keys(message))
        this.#readField(field, message[field], index, ['choices', at, key], items);
    }
    const native = text(choice.finish_reason);
    if (native === '') return;
    this.#calls.completeAll(index, items);
    const reason = (Object.hasOwn(REASONS, native) ? REASONS[native] : undefined) ?? 'other';
    items.push({ type: 'finish', index, reason, native });
  }

  #readField(field: string, value: unknown, index: number, path: JsonPath, items: ReplyItem[]): void {
    if (value === null || value === '') return;
    const at = [...path, field];
    switch (field) {
      case 'content':
        readContent(value, index, at, items);
        break;
      case 'refusal':
        pushText(items, 'refusal', index, value, at);
        break;
      // Some servers say the same in several of them: each is a text of its own.
      case 'reasoning_content':
        pushText(items, 'reasoning', index, value, at);
        break;
      case 'reasoning':
        pushText(items, 'reasoning', index, value, at, 1);
        break;
      case 'reasoning_details':
        if (!Array.isArray(value)) pushText(items, 'reasoning', index, value, at, 2);
        eachOf(value, ({ text: said, summary }, place) => {
          pushText(items, 'reasoning', index, said, [...at, place, 'text'], 2);
          pushText(items, 'reasoning', index, summary, [...at, place, 'summary'], 2);
        });
        break;
      case 'audio':
        pushText(items, 'transcript', index, fields(value).transcript, [...at, 'transcript']);
        break;
      case 'annotations':
        pushText(items, 'citation', index, value, at);
        break;
      case 'tool_calls':
        if (!Array.isArray(value)) pushText(items, 'other', index, value, at);
        eachOf(value, (call, place) => this.#readCall(call, index, place, [...at, place], items));
        break;
      case 'function_call': {
        this.#calls.begin(index, LEGACY_PART, { name: text(fields(value).name) }, items, at);
        const place = { index, part: LEGACY_PART };
        this.#addArguments(fields(value).arguments, place, [...at, 'arguments'], items);
        break;
      }
      default:
        if (!MESSAGE.has(field)) pushText(items, 'other', index, value, at);
    }
  }

  #readCall(call: Fields, index: number, place: number, path: JsonPath, items: ReplyItem[]): void {
    const part = count(call.index) ?? place;
    const isCustom = isGiven(call.custom);
    if (isCustom) this.#readGiven(call, 'custom', { index, part }, path, items);
    // Two calls in one: each client takes the one that it knows.
    if (!isCustom || isGiven(call.function))
      this.#readGiven(call, 'function', { index, part: isCustom ? TWIN_PART - part : part }, path, items);
  }

  #readGiven(
    call: Fields,
    kind: 'custom' | 'function',
    { index, part }: { readonly index: number; readonly part: number },
    path: JsonPath,
    items: ReplyItem[],
  ): void {
    const given = fields(call[kind]);
    const field = kind === 'custom' ? 'input' : 'arguments';
    this.#calls.begin(index, part, { id: text(call.id), name: text(given.name), kind }, items, path);
    this.#addArguments(given[field], { index, part }, [...path, kind, field], items);
  }

  /** Some servers write arguments as an object. */
  #addArguments(
    piece: unknown,
    { index, part }: { readonly index: number; readonly part: number },
    path: JsonPath,
    items: ReplyItem[],
  ): void {
    const isObject = typeof piece === 'object' && piece !== null;
    this.#calls.add(index, part, isObject ? jsonOf(piece) : text(piece), items, path, isObject);
  }
}

function readContent(content: unknown, index: number, path: JsonPath, items: ReplyItem[]): void {
  if (!Array.isArray(content)) {
    pushText(items, 'text', index, content, path);
    return;
  }
  for (const [at, item] of content.entries()) {
    const part = fields(item);
    if (part.type === 'thinking') pushText(items, 'reasoning', index, part.thinking, [...path, at, 'thinking']);
    else pushText(items, 'text', index, item, [...path, at]);
  }
}

/** `{message, type, param, code}`, or the bare text that some servers send. */
export function errorItem(value: unknown): ReplyItem {
  const { code, type, message } = fields(value);
  return {
    type: 'error',
    code: text(code) || text(type) || (typeof code === 'number' ? String(code) : ''),
    message: text(message) || text(value),
  };
}
