/** Messages and their stream (Anthropic API reference, "Streaming Messages"). */
import type { JsonPath } from '../json/scan.ts';
import { OpenCalls } from '../open-calls.ts';
import { pushText } from '../push-text.ts';
import type { EventReading, FinishReason, ReplyItem } from '../reply.ts';
import { count, eachOf, type Fields, fields, text } from '../tolerant.ts';
import { laterUsage, type Usage } from '../usage.ts';
import { callOfBlock } from './read-request.ts';
import { anthropicUsage, asideUsage } from './usage.ts';

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  pause_turn: 'pause',
  refusal: 'refusal',
};

const TEXT_PATH: JsonPath = ['delta', 'text'];
const THINKING_PATH: JsonPath = ['delta', 'thinking'];
const JSON_PATH: JsonPath = ['delta', 'partial_json'];
/** The field of each delta that is read, or says nothing, by its type. */
const FIELD_OF: Readonly<Record<string, string>> = {
  text_delta: 'text',
  input_json_delta: 'partial_json',
  thinking_delta: 'thinking',
  signature_delta: 'signature',
  citations_delta: 'citation',
};

const BLOCK_PATH: JsonPath = ['content_block'];

export class AnthropicReading implements EventReading {
  readonly #calls = new OpenCalls();
  #usage: Usage | null = null;

  read(value: unknown, items: ReplyItem[]): void {
    const event = fields(value);
    const index = count(event.index) ?? 0;
    switch (event.type) {
      case 'content_block_delta':
        this.#readDelta(fields(event.delta), index, items);
        break;
      case 'content_block_start':
        this.#readBlock(fields(event.content_block), index, BLOCK_PATH, items);
        break;
      case 'content_block_stop':
        this.#calls.completeAll(index, items);
        break;
      case 'message_start':
        this.#readMessage(fields(event.message), ['message'], items);
        break;
      case 'message':
        this.#readMessage(event, [], items);
        break;
      case 'message_delta':
        this.#readUsage(event.usage, items);
        readFinish(fields(event.delta), ['delta'], items);
        break;
      case 'error':
        items.push({ type: 'error', code: text(fields(event.error).type), message: text(fields(event.error).message) });
        pushText(items, 'other', 0, event.error, ['error']);
        return;
      case 'message_stop':
        this.#calls.end(items);
        break;
      default:
        // A reply of another endpoint: a list of models, or a count of tokens, which has cost none.
        pushText(items, 'other', 0, event, []);
    }
  }

  end(items: ReplyItem[]): void {
    this.#calls.end(items);
  }

  #readMessage(message: Fields, path: JsonPath, items: ReplyItem[]): void {
    items.push({ type: 'begin', id: text(message.id), model: text(message.model) });
    this.#readUsage(message.usage, items);
    if (!Array.isArray(message.content)) pushText(items, 'text', 0, message.content, [...path, 'content']);
    eachOf(message.content, (block, index) => {
      this.#readBlock(block, index, [...path, 'content', index], items);
      this.#calls.completeAll(index, items);
    });
    readFinish(message, path, items);
  }

  #readUsage(value: unknown, items: ReplyItem[]): void {
    const usage = anthropicUsage(value);
    if (usage === null) return;
    this.#usage = laterUsage(this.#usage, usage);
    const aside = asideUsage(value);
    items.push({ type: 'usage', usage: this.#usage, only: false, ...(aside.length === 0 ? {} : { aside }) });
  }

  /** A block as it begins, mostly empty; or all of it, in a body that comes whole. */
  #readBlock(block: Fields, index: number, path: JsonPath, items: ReplyItem[]): void {
    const call = callOfBlock(block);
    if (call !== null) {
      this.#calls.begin(index, 0, call, items, path);
      // A stream begins with `{}`, which is not what the model wrote.
      if (call.arguments !== '{}')
        this.#calls.add(index, 0, call.arguments, items, [...path, 'input'], typeof block.input !== 'string');
      return;
    }
    switch (block.type) {
      case 'text':
        pushText(items, 'text', index, block.text, [...path, 'text']);
        pushText(items, 'citation', index, block.citations, [...path, 'citations']);
        break;
      case 'thinking':
        pushText(items, 'reasoning', index, block.thinking, [...path, 'thinking']);
        break;
      case 'redacted_thinking':
        return;
      default: {
        const kind = text(block.type).endsWith('_tool_result') ? 'tool_result' : 'other';
        pushText(items, kind, index, block.content ?? block, block.content === undefined ? path : [...path, 'content']);
      }
    }
  }

  #readDelta(delta: Fields, index: number, items: ReplyItem[]): void {
    switch (delta.type) {
      case 'text_delta':
        pushText(items, 'text', index, delta.text, TEXT_PATH);
        break;
      case 'input_json_delta':
        this.#calls.add(index, 0, text(delta.partial_json), items, JSON_PATH);
        break;
      case 'thinking_delta':
        pushText(items, 'reasoning', index, delta.thinking, THINKING_PATH);
        break;
      case 'signature_delta':
        break;
      case 'citations_delta':
        pushText(items, 'citation', index, delta.citation, ['delta', 'citation']);
        break;
      default:
        pushText(items, 'other', index, delta, ['delta']);
        return;
    }
    // Some clients take whatever field they know, and do not ask for the type.
    for (const key of Object.keys(delta))
      if (key !== 'type' && key !== FIELD_OF[text(delta.type)])
        pushText(items, 'other', index, delta[key], ['delta', key]);
  }
}

function readFinish(message: Fields, path: JsonPath, items: ReplyItem[]): void {
  const native = text(message.stop_reason);
  if (native === '') return;
  const reason = (Object.hasOwn(REASONS, native) ? REASONS[native] : undefined) ?? 'other';
  const explanation = fields(message.stop_details).explanation;
  pushText(items, 'refusal', 0, explanation, [...path, 'stop_details', 'explanation']);
  items.push({ type: 'finish', index: 0, reason, native });
}
