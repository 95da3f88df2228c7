/**
 * A reply under a policy: whole events in, what may leave out. Texts wait only where a rule that acts may still be about
 * them, calls until they are judged whole; all else passes at once, in order, and unchanged. A body that comes whole is one
 * event, so the verdict on a stream is the verdict on the body. No I/O, no clock.
 */
import {
  argumentEdits,
  type Dialect,
  editEvent,
  type PolicyEnd,
  type ReplyEvent,
  type ReplyItem,
  type ReplyReader,
  type TextEdit,
  withoutAskedUsage,
} from '@elida/dialects';
import type { Finding } from '@elida/policy';
import type { Pace } from '../inspection/pace.ts';
import type { EdgePolicy } from '../tables/edge-policy.ts';
import { type JudgedCall, JudgedCalls } from './judged-calls.ts';
import type { JudgedText } from './judged-text.ts';
import { JudgedTexts } from './judged-texts.ts';
import { type Metered, meter } from './meter.ts';
import { Outbox } from './outbox.ts';
import type { ReplyFlow } from './reply-flow.ts';
import { Judge, ownFinding, type ReplyStop, type ReplyVerdict, type Ruling } from './verdict.ts';

export interface InspectedInit {
  readonly policy: EdgePolicy;
  readonly dialect: Dialect;
  readonly contentType: string;
  readonly requestId: string;
  /** It has the status of an error. */
  readonly failed?: boolean;
  readonly into: Metered;
  /** What is in it only because the usage was asked for on the client's behalf is left out. */
  readonly stripUsage: boolean;
  /** Bytes that may wait; a reply that would need more cannot be judged. */
  readonly heldBytesMax: number;
}

type TextItem = Extract<ReplyItem, { type: 'text' }>;

interface Piece {
  readonly text: JudgedText;
  readonly start: number;
  readonly piece: string;
  readonly path: TextItem['path'];
}

interface Held {
  readonly bytes: Uint8Array;
  readonly event: ReplyEvent;
  readonly pieces: readonly Piece[];
  readonly calls: readonly JudgedCall[];
}

/** UTF-16 units that are scanned without looking at the clock: about half a ms. */
const SLICE_CHARS = 65_536;

const NO_PIECES: readonly Piece[] = [];
const NO_CALLS: readonly JudgedCall[] = [];

export class InspectedReply implements ReplyFlow {
  readonly waitsForEnd = false;
  readonly changes: boolean;
  readonly #init: InspectedInit;
  readonly #judge: Judge;
  readonly #reader: ReplyReader;
  readonly #ending: PolicyEnd | null;
  readonly #texts: JudgedTexts;
  readonly #calls: JudgedCalls;
  readonly #outbox = new Outbox();
  #held: Held[] = [];
  #heldBytes = 0;
  #stop: ReplyStop | null = null;
  #unjudged: Finding | null = null;
  // Of the event at hand.
  #pieces: Piece[] = [];
  #waitsFor: JudgedCall[] = [];

  constructor(init: InspectedInit, reader: ReplyReader) {
    this.#init = init;
    this.#reader = reader;
    this.#judge = new Judge(init.policy);
    this.changes = this.#judge.acts || init.stripUsage;
    this.#texts = new JudgedTexts(this.#judge, init.dialect.name);
    this.#calls = new JudgedCalls(this.#judge);
    this.#ending = init.dialect.endByPolicy(init.contentType, init.requestId);
  }

  /** Once set, nothing that waits will ever leave, and nothing more is taken. */
  get stop(): ReplyStop | null {
    return this.#stop;
  }

  get found(): number {
    return this.#judge.found;
  }

  /** Something waits to be judged. */
  get holds(): boolean {
    return this.#held.length > 0;
  }

  /** @param bytes whole events, kept by reference. @returns what may leave now. */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    for (const event of this.#reader.read(bytes)) {
      if (this.#stop !== null) break;
      this.#take(bytes, event);
    }
    return this.#outbox.take();
  }

  /** The same of long texts, in slices that let other exchanges through. */
  async pushSlowly(bytes: Uint8Array, pace: Pace): Promise<readonly Uint8Array[]> {
    for (const event of this.#reader.read(bytes)) {
      meter(this.#init.into, event.items);
      for (const item of event.items) {
        if (this.#stop !== null) break;
        if (item.type === 'text' && !item.repeats && item.text.length > SLICE_CHARS) await this.#readLong(item, pace);
        else this.#read(item);
        if (pace.due) await pace.giveWay();
      }
      if (this.#stop === null) this.#hold(bytes, event);
    }
    return this.#outbox.take();
  }

  /** Nothing more comes. @returns what was left, as far as it may leave. */
  end(): readonly Uint8Array[] {
    if (this.#stop !== null) return [];
    const items = this.#reader.end();
    meter(this.#init.into, items);
    for (const item of items) if (this.#stop === null) this.#read(item);
    this.#pieces = [];
    this.#waitsFor = [];
    if (this.#stop === null) this.#rule(this.#texts.end());
    if (this.#stop === null && this.#calls.holds && this.#calls.open) this.#rule(this.#calls.ambiguous(0, ''));
    this.#release();
    return this.#outbox.take();
  }

  /** What cannot be read is not let through unread: it stops the reply, where any rule acts. */
  unread(): void {
    if (this.#stop !== null || this.#unjudged !== null) return;
    this.#unjudged = ownFinding('uninspectable_reply', this.#judge.acts ? 'block' : 'flag', 0, '');
    this.#rule(this.#judge.rule([this.#unjudged]));
  }

  /** After a `block`: the bytes behind the last event that left. Null where this kind of reply has no native end. */
  lastWords(): Uint8Array | null {
    return this.#ending?.end(this.#stop?.reason ?? '') ?? null;
  }

  verdict(): ReplyVerdict {
    const all = [...this.#texts.findings(), ...this.#calls.findings()];
    if (this.#unjudged !== null) all.push({ finding: this.#unjudged, matched: '' });
    all.sort((a, b) => inOrder(a.finding, b.finding));
    const { findings, decision } = this.#judge.policy.evaluator.conclude(all.map(({ finding }) => finding));
    const words = new Map(all.map(({ finding: { rule, place }, matched }) => [`${rule} ${place}`, matched]));
    const found = findings.map((finding) => ({
      finding,
      matched: words.get(`${finding.rule} ${finding.place}`) ?? '',
    }));
    // What could not be redacted any more was stopped.
    const stop = this.#stop;
    const isStopped = stop === null || decision.action === stop.action || decision.action === 'terminate';
    return { found, decision: isStopped ? decision : { action: stop.action, would: stop.action, rule: stop.rule } };
  }

  #take(bytes: Uint8Array, event: ReplyEvent): void {
    meter(this.#init.into, event.items);
    for (const item of event.items) {
      this.#read(item);
      if (this.#stop !== null) return;
    }
    // Of a stream of plain words some are numbers.
    if (typeof event.value === 'number' || typeof event.value === 'boolean') {
      this.#readText(wordItem(String(event.value)));
      if (this.stop !== null) return;
    }
    this.#hold(bytes, event);
  }

  #hold(bytes: Uint8Array, event: ReplyEvent): void {
    const held = this.#heldOf(bytes, event);
    if (this.#held.length === 0 && isReady(held)) {
      this.#send(held);
      return;
    }
    this.#held.push(held);
    this.#heldBytes += event.end - event.start;
    this.#release();
    if (this.#heldBytes > this.#init.heldBytesMax) this.unread();
  }

  #heldOf(bytes: Uint8Array, event: ReplyEvent): Held {
    const pieces = this.#pieces.length === 0 ? NO_PIECES : this.#pieces;
    const calls = this.#waitsFor.length === 0 ? NO_CALLS : this.#waitsFor;
    if (pieces !== NO_PIECES) this.#pieces = [];
    if (calls !== NO_CALLS) this.#waitsFor = [];
    return { bytes, event, pieces, calls };
  }

  #read(item: ReplyItem): void {
    switch (item.type) {
      case 'text':
        this.#readText(item);
        break;
      case 'unread':
        this.#readText(wordItem(item.text));
        if (UNREADABLE.test(item.text)) this.unread();
        break;
      case 'tool_begin':
        this.#rule(this.#texts.pauseBefore(item.index, item));
        if (this.#calls.holds) this.#waitsFor.push(this.#calls.begin(item));
        break;
      case 'tool_arguments':
        this.#readArguments(item);
        break;
      case 'tool_call':
        this.#rule(this.#calls.rule(item.call, item, this.#texts.messageOf(item.index), item.truncated));
        break;
      case 'finish':
        this.#rule(this.#texts.pauseBefore(item.index, null));
        break;
      case 'begin':
      case 'usage':
      case 'error':
        break;
    }
  }

  #readText(item: TextItem): void {
    this.#rule(this.#texts.pauseBefore(item.index, item));
    const { text, start, ruling } = this.#texts.take(item);
    this.#rule(ruling);
    this.#pieces.push({ text, start, piece: item.text, path: item.path });
  }

  async #readLong(item: TextItem, pace: Pace): Promise<void> {
    this.#rule(this.#texts.pauseBefore(item.index, item));
    let first: { readonly text: JudgedText; readonly start: number } | null = null;
    for (let at = 0; at < item.text.length && this.#stop === null; at += SLICE_CHARS) {
      const slice = { ...item, text: item.text.slice(at, at + SLICE_CHARS) };
      const { text, start, ruling } = this.#texts.take(slice, at > 0);
      this.#rule(ruling);
      first ??= { text, start };
      if (pace.due) await pace.giveWay();
    }
    if (first !== null) this.#pieces.push({ ...first, piece: item.text, path: item.path });
  }

  #readArguments(item: Extract<ReplyItem, { type: 'tool_arguments' }>): void {
    const call = this.#calls.add(item, item.text, item.repeats);
    if (call === null) this.#rule(this.#calls.ambiguous(this.#texts.messageOf(item.index), ''));
    else if (this.#calls.holds) this.#waitsFor.push(call);
  }

  /** The edits of a ruling are with their text; here only a stop counts. The first one decides. */
  #rule({ stop }: Ruling): void {
    if (stop === null || this.#stop !== null) return;
    this.#stop = stop;
    this.#held = [];
  }

  #release(): void {
    let count = 0;
    for (const held of this.#held) {
      if (this.#stop !== null || !isReady(held)) break;
      this.#send(held);
      this.#heldBytes -= held.event.end - held.event.start;
      count++;
    }
    if (count > 0) this.#held = this.#held.slice(count);
  }

  #send(held: Held): void {
    const { bytes, event } = held;
    const edits = editsOf(held);
    const edited = edits === null ? null : edits.length === 0 ? undefined : inPlace(bytes, event, edits);
    if (edited === null) {
      // It cannot be changed where it stands: then it does not leave.
      this.#rule({ stop: this.#judge.stop('block', editingRule(held)), edits: [] });
      return;
    }
    const own = this.#init.stripUsage ? stripped(bytes, event, edited) : edited;
    if (own === undefined) this.#outbox.pass(bytes, event.start, event.end);
    else if (own.length > 0) this.#outbox.put(own);
    else return;
    this.#ending?.released(event);
  }
}

/** By place, not by time: choices that come side by side in a stream stand one behind the other in a body. */
const inOrder = (a: Finding, b: Finding): number =>
  a.message - b.message ||
  Number(a.place > b.place) - Number(a.place < b.place) ||
  (a.spans[0]?.start ?? 0) - (b.spans[0]?.start ?? 0);

/** Broken, or JSON to other parsers than ours (`NaN`, two documents, UTF-16): what it says is not what stands there. */
const UNREADABLE = /^[\s\ufeff]*\{|\0/;

/** Data that is no JSON, or nothing but a word: it can be judged, but not edited. */
const wordItem = (text: string): TextItem => ({
  ...{ type: 'text', kind: 'other', index: 0, part: 0, path: null, text, repeats: false },
});

function isReady({ pieces, calls }: Held): boolean {
  for (const { text, start, piece } of pieces) if (text.releasable < start + piece.length) return false;
  for (const { judged } of calls) if (!judged) return false;
  return true;
}

/** @returns null where something has to change that cannot be changed in place. */
function editsOf({ event, pieces, calls }: Held): readonly TextEdit[] | null {
  const edits: TextEdit[] = [];
  for (const { text, start, piece, path } of pieces) {
    const leaving = text.leaving(start, piece);
    if (leaving === piece) continue;
    if (path === null) return null;
    edits.push({ path, inner: null, text: leaving });
  }
  for (const call of new Set(calls)) {
    if (call.replaced === null) continue;
    const own = argumentEdits(event, call, call.replaced, call.taken);
    if (own === null) return null;
    if (own.length > 0) edits.push(...own);
    call.taken ||= event.items.some(
      (item) => item.type === 'tool_arguments' && !item.repeats && item.index === call.index && item.part === call.part,
    );
  }
  return edits;
}

/** The same words once more, token by token and as bytes: where they are, an edit would not take the text away. */
const TOKENS = /"logprobs"\s*:\s*(?!null|\[\s*\]|\{\s*\})/;
const decoder = new TextDecoder();

function inPlace(bytes: Uint8Array, event: ReplyEvent, edits: readonly TextEdit[]): Uint8Array | null {
  if (TOKENS.test(decoder.decode(bytes.subarray(event.start, event.end)))) return null;
  return editEvent(bytes, event, edits);
}

/** @param edited undefined: as it came. */
function stripped(bytes: Uint8Array, event: ReplyEvent, edited: Uint8Array | undefined): Uint8Array | undefined {
  const own = edited ?? bytes.subarray(event.start, event.end);
  const left = withoutAskedUsage(own, event.value);
  return left === own ? edited : left;
}

const editingRule = ({ pieces }: Held): string =>
  pieces.find(({ text }) => text.edits.length > 0)?.text.edits[0]?.rule ?? '';
