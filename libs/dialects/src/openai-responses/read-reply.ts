/** Responses and their events (OpenAI API reference, "Streaming events"); the frames of the WebSocket are the same. */
import { eachLeaf } from '../json/leaves.ts';
import type { JsonPath } from '../json/scan.ts';
import { OpenCalls } from '../open-calls.ts';
import { errorItem } from '../openai-chat/read-reply.ts';
import type { EventReading, FinishReason, ReplyItem, TextKind } from '../reply.ts';
import { count, eachOf, type Fields, fields, isGiven, text, words } from '../tolerant.ts';
import { laterUsage, type Usage } from '../usage.ts';
import { ARGUMENT_DELTAS, ARGUMENT_DONES, SILENT, TEXT_DELTAS, TEXT_DONES } from './events.ts';
import { callOfItem, isOutputItem, RESULT_FIELDS, responseOf } from './items.ts';
import { responsesUsage } from './usage.ts';

const DELTA: JsonPath = ['delta'];

/** What the client has to do itself, so that the turn goes on; a provider's own tools do not end it. */
const CLIENT_CALLS: ReadonlySet<string> = words('function custom local_shell shell apply_patch computer');

/** Fields of an item that are no text of the model. */
const ITEM: ReadonlySet<string> = words(
  'type id call_id role status phase name namespace server_label encrypted_content content summary',
  'result container_id caller created_by execution approval_request_id',
);

/** Parts whose text is not that of the message. */
const PARTS: ReadonlyMap<string, TextKind> = new Map([
  ['reasoning_text', 'reasoning'],
  ['summary_text', 'reasoning_summary'],
]);

const INCOMPLETE: Readonly<Record<string, FinishReason>> = {
  max_output_tokens: 'length',
  max_messages: 'length',
  content_filter: 'content_filter',
};

export class ResponsesReading implements EventReading {
  readonly #calls = new OpenCalls();
  /** Ids of the calls that have been given out; an index is not enough, some servers give every item the same. */
  readonly #given = new Set<string>();
  /** Characters by text, so that a repetition is known from a text that comes only once. */
  readonly #chars = new Map<string, number>();
  /** What came once and stands in the done events and in the last one again: citations, results. */
  readonly #leaves = new Set<string>();
  #usage: Usage | null = null;
  #begun = false;
  #clientCalls = false;

  read(value: unknown, items: ReplyItem[]): void {
    const event = fields(value);
    const type = text(event.type);
    const index = count(event.output_index) ?? 0;
    const part = count(event.content_index) ?? count(event.summary_index) ?? count(event.command_index) ?? 0;
    const deltaKind = TEXT_DELTAS.get(type);
    if (deltaKind !== undefined) {
      this.#pushText(items, deltaKind, index, part, event.delta, DELTA, false);
      return;
    }
    if (ARGUMENT_DELTAS.has(type)) {
      this.#calls.add(index, 0, text(event.delta), items, DELTA);
      return;
    }
    const done = TEXT_DONES.get(type);
    if (done !== undefined) {
      this.#pushText(items, done[0], index, part, event[done[1]], [done[1]], true);
      return;
    }
    const field = ARGUMENT_DONES.get(type);
    if (field !== undefined) {
      this.#readArguments(text(event[field]), index, [field], false, items);
      return;
    }
    if (SILENT.has(type)) return;
    // A command of several, in its own letters; the item has them all in its `action`.
    if (type.startsWith('response.shell_call_command.')) {
      this.#calls.mention(index, 0, items);
      return;
    }
    this.#readRare(event, type, index, part, items);
  }

  end(items: ReplyItem[]): void {
    this.#calls.end(items);
  }

  #readRare(event: Fields, type: string, index: number, part: number, items: ReplyItem[]): void {
    switch (type) {
      case 'response.output_item.added':
        this.#readItem(fields(event.item), index, ['item'], false, items);
        break;
      case 'response.output_item.done':
        this.#readItem(fields(event.item), index, ['item'], true, items);
        break;
      case 'response.content_part.added':
      case 'response.content_part.done':
      case 'response.reasoning_summary_part.added':
      case 'response.reasoning_summary_part.done': {
        const fallback = type.startsWith('response.reasoning') ? 'reasoning_summary' : 'text';
        this.#readPart(event.part, fallback, index, part, ['part'], items);
        break;
      }
      case 'response.output_text.annotation.added':
        this.#pushLeaves(items, 'citation', index, part, event.annotation, ['annotation']);
        break;
      case 'error':
        items.push(errorItem(event.error ?? event));
        this.#pushLeaves(items, 'other', index, part, event, []);
        return;
      default:
        if (isGiven(event.response)) {
          this.#readResponse(responseOf(event), type, ['response'], items);
          break;
        }
        if (Array.isArray(event.output)) {
          this.#readResponse(event, text(event.object), [], items);
          break;
        }
        if (isGiven(event.error)) {
          items.push(errorItem(event.error));
        }
        this.#pushLeaves(items, 'other', index, part, event, []);
    }
  }

  /** Of `response.created` the output is empty; of a terminal event, and of a body that comes whole, it is everything. */
  #readResponse(response: Fields, type: string, path: JsonPath, items: ReplyItem[]): void {
    if (!this.#begun) {
      this.#begun = true;
      items.push({ type: 'begin', id: text(response.id), model: text(response.model) });
    }
    if (isGiven(response.output) && !Array.isArray(response.output))
      this.#pushLeaves(items, 'other', 0, 0, response.output, [...path, 'output']);
    eachOf(response.output, (item, index) => this.#readItem(item, index, [...path, 'output', index], true, items));
    const usage = responsesUsage(response.usage);
    if (usage !== null) {
      this.#usage = laterUsage(this.#usage, usage);
      items.push({ type: 'usage', usage: this.#usage, only: false });
    }
    const status = text(response.status) || type.replace('response.', '');
    if (isGiven(response.error)) {
      items.push(errorItem(response.error));
      this.#pushLeaves(items, 'other', 0, 0, response.error, [...path, 'error']);
    }
    // The SDKs' own sum of all texts; of a server that writes it, its clients may read nothing else.
    if (isGiven(response.output_text))
      this.#pushLeaves(items, 'other', 0, 0, response.output_text, [...path, 'output_text']);
    if (status === 'in_progress' || status === 'queued' || status === 'created') return;
    this.#calls.end(items);
    items.push({ type: 'finish', index: 0, ...this.#finishOf(status, response) });
  }

  #finishOf(status: string, response: Fields): { reason: FinishReason; native: string } {
    if (status === 'completed') return { reason: this.#clientCalls ? 'tool_calls' : 'stop', native: status };
    if (status === 'failed') return { reason: 'error', native: text(fields(response.error).code) || status };
    const native = text(fields(response.incomplete_details).reason) || status;
    return { reason: (Object.hasOwn(INCOMPLETE, native) ? INCOMPLETE[native] : undefined) ?? 'other', native };
  }

  #readItem(item: Fields, index: number, path: JsonPath, isWhole: boolean, items: ReplyItem[]): void {
    const call = callOfItem(item);
    if (call !== null) {
      const { field, isJson: _, ...facts } = call;
      this.#clientCalls ||= CLIENT_CALLS.has(call.kind);
      const key = call.id || String(index);
      // What begins with arguments may say them again in pieces, or others at its end: those count.
      const isSilent = isWhole || !isGiven(item[field]) || facts.arguments === '' || facts.arguments === '{}';
      if (!this.#given.has(key)) this.#calls.begin(index, 0, facts, items, isSilent ? path : null);
      if (isWhole) {
        const isObject = isGiven(item[field]) && typeof item[field] !== 'string';
        this.#readArguments(facts.arguments, index, [...path, field], isObject, items);
        if (!this.#given.has(key)) this.#calls.complete(index, 0, facts, items);
        this.#given.add(key);
      }
    }
    const kind = item.type === 'reasoning' ? 'reasoning' : 'text';
    if (!Array.isArray(item.content)) this.#pushLeaves(items, 'other', index, 0, item.content, [...path, 'content']);
    eachOf(item.content, (part, at) => this.#readPart(part, kind, index, at, [...path, 'content', at], items));
    eachOf(item.summary, (part, at) =>
      this.#readPart(part, 'reasoning_summary', index, at, [...path, 'summary', at], items),
    );
    const isResult = isOutputItem(item) || call !== null;
    for (const key of Object.keys(item)) {
      if (ITEM.has(key) || key === call?.field) continue;
      const isOutput = isResult && RESULT_FIELDS.has(key);
      this.#pushLeaves(items, isOutput ? 'tool_result' : 'other', index, 0, item[key], [...path, key]);
    }
  }

  /** All the arguments of a call, after its pieces or instead of them. */
  #readArguments(whole: string, index: number, path: JsonPath, isObject: boolean, items: ReplyItem[]): void {
    const repeats = !this.#calls.has(index, 0) || this.#calls.argumentsOf(index, 0) !== '';
    this.#calls.add(index, 0, whole, items, path, isObject, repeats);
  }

  #readPart(value: unknown, kind: TextKind, index: number, part: number, path: JsonPath, items: ReplyItem[]): void {
    const { type, text: said, refusal, transcript, annotations } = fields(value);
    this.#pushText(items, PARTS.get(text(type)) ?? kind, index, part, said, [...path, 'text'], true);
    this.#pushText(items, 'refusal', index, part, refusal, [...path, 'refusal'], true);
    this.#pushText(items, 'transcript', index, part, transcript, [...path, 'transcript'], true);
    this.#pushLeaves(items, 'citation', index, part, annotations, [...path, 'annotations']);
    if (said === undefined && refusal === undefined && transcript === undefined && type !== undefined)
      this.#pushLeaves(items, 'other', index, part, value, path);
  }

  #pushText(
    items: ReplyItem[],
    kind: TextKind,
    index: number,
    part: number,
    value: unknown,
    path: JsonPath,
    isWhole: boolean,
  ): void {
    if (typeof value !== 'string') {
      this.#pushLeaves(items, 'other', index, part, value, path);
      return;
    }
    if (value === '') return;
    const key = `${kind} ${index} ${part}`;
    const before = this.#chars.get(key) ?? 0;
    const repeats = isWhole && before === value.length;
    if (!repeats) this.#chars.set(key, isWhole ? value.length : before + value.length);
    items.push({ type: 'text', kind, index, part, path, text: value, repeats });
  }

  #pushLeaves(items: ReplyItem[], kind: TextKind, index: number, part: number, value: unknown, path: JsonPath): void {
    eachLeaf(value, 'names', (leaf, below) => {
      const key = `${kind} ${index} ${leaf}`;
      items.push({
        type: 'text',
        kind,
        index,
        part,
        path: [...path, ...below],
        text: leaf,
        repeats: this.#leaves.has(key),
      });
      this.#leaves.add(key);
    });
  }
}
