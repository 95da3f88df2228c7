/** The texts of one reply, each by itself. */
import type { DialectName, ReplyItem, TextKind } from '@elida/dialects';
import type { Finding } from '@elida/policy';
import { JudgedText } from './judged-text.ts';
import { type Judge, PASS, type Ruling } from './verdict.ts';

type TextItem = Extract<ReplyItem, { type: 'text' }>;

interface Open {
  readonly text: JudgedText;
  readonly group: string;
  readonly sequence: number;
  /** By which the last piece came. */
  path: TextItem['path'];
}

/** Strings of shapes that we do not know in full: each may be a piece of a text, or a text. */
const LEAVES: ReadonlySet<TextKind> = new Set(['other', 'citation', 'tool_result'] as const);

/** A moment, as many wires stamp it on every event: never a piece of a longer text. */
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/;

/** In these `index` is a choice: several replies side by side. In the others blocks follow one another. */
const HAS_CHOICES: ReadonlySet<DialectName> = new Set(['openai-chat', 'openai'] as const);

export class JudgedTexts {
  readonly #judge: Judge;
  readonly #hasChoices: boolean;
  readonly #isPlain: boolean;
  readonly #open = new Map<string, Open>();
  readonly #alone: JudgedText[] = [];
  #last: Open | null = null;
  #lastItem: TextItem | null = null;

  constructor(judge: Judge, dialect: DialectName) {
    this.#judge = judge;
    this.#hasChoices = HAS_CHOICES.has(dialect);
    this.#isPlain = dialect === 'plain';
  }

  /** Index of the message that a place of the reply belongs to. */
  messageOf(index: number): number {
    return this.#hasChoices ? index : 0;
  }

  /** @param goesOn it is the rest of the piece before it. */
  take(item: TextItem, goesOn = false): { text: JudgedText; start: number; ruling: Ruling } {
    const isLeaf = LEAVES.has(item.kind);
    const open = this.#at(item, isLeaf);
    const { text } = open;
    if (item.repeats && !isLeaf) {
      if (text.is(item.text)) return { text, start: 0, ruling: text.pause(false) };
      return this.#takeAlone(item, open.group);
    }
    if (isLeaf && MOMENT.test(item.text)) return this.#takeAlone(item, open.group);
    const start = text.length;
    let ruling = text.push(item.text);
    // It may be a piece of what stands before it, or begin anew.
    const mayBegin = start > 0 && !goesOn && (isLeaf || !isSamePath(open.path, item.path));
    open.path = item.path;
    if (mayBegin && ruling.stop === null) {
      const alone = text.pushAlone(item.text);
      if (alone !== PASS) ruling = alone;
    }
    return { text, start, ruling };
  }

  /**
   * Where something else begins, the texts before it have ended, as far as anyone knows; else all that follows would wait
   * for a text that nobody goes on with. One that goes on nevertheless is judged again as a whole.
   *
   * @param next null: the choice is finished.
   */
  pauseBefore(index: number, next: { readonly type: string } | TextItem | null): Ruling {
    const last = this.#last;
    if (this.#isPlain || last === null) return PASS;
    const isText = next !== null && 'kind' in next;
    if (isText && isSamePlace(this.#lastItem, next)) return PASS;
    const group = isText ? groupOf(next) : '';
    const sequence = this.messageOf(index);
    for (const open of this.#open.values()) {
      if (open.sequence !== sequence || open.group === group || !open.text.waits) continue;
      const ruling = open.text.pause(false);
      if (ruling.stop !== null) return ruling;
    }
    return PASS;
  }

  end(): Ruling {
    for (const { text } of this.#open.values()) {
      const ruling = text.pause(true);
      if (ruling.stop !== null) return ruling;
    }
    return PASS;
  }

  findings(): { readonly finding: Finding; readonly matched: string }[] {
    const texts = [...[...this.#open.values()].map(({ text }) => text), ...this.#alone];
    return texts.flatMap((text) =>
      text.findings().map((finding) => {
        const [first] = finding.spans;
        return { finding, matched: first === undefined ? '' : text.slice(first.start, first.end) };
      }),
    );
  }

  #at(item: TextItem, isLeaf: boolean): Open {
    if (this.#last !== null && !isLeaf && isSamePlace(this.#lastItem, item)) return this.#last;
    const group = groupOf(item);
    const key = isLeaf ? `${group} ${JSON.stringify(item.path ?? [])}` : group;
    let open = this.#open.get(key);
    if (open === undefined) {
      const sequence = this.messageOf(item.index);
      open = { text: this.#textOf(item, isLeaf ? key : group), group, sequence, path: item.path };
      this.#open.set(key, open);
    }
    this.#last = open;
    this.#lastItem = item;
    return open;
  }

  #textOf({ kind, index }: TextItem, place: string): JudgedText {
    const message = this.messageOf(index);
    return new JudgedText(this.#judge, { side: 'response', role: 'assistant', kind, message, place });
  }

  #takeAlone(item: TextItem, group: string): { text: JudgedText; start: number; ruling: Ruling } {
    const text = this.#textOf(item, `${group} ${this.#alone.length}`);
    const first = text.push(item.text);
    const ruling = first.stop === null ? text.pause(true) : first;
    this.#alone.push(text);
    return { text, start: 0, ruling };
  }
}

const groupOf = ({ kind, index, part }: TextItem): string => `${kind} ${index}.${part}`;

const isSamePlace = (a: TextItem | null, b: TextItem): boolean =>
  a !== null && a.kind === b.kind && a.index === b.index && a.part === b.part;

function isSamePath(a: TextItem['path'], b: TextItem['path']): boolean {
  if (a === b) return true;
  if (a === null || b === null || a.length !== b.length) return false;
  // From the end: what differs is there. (A closure for each event of a stream was seen in profiles.)
  for (let at = a.length - 1; at >= 0; at--) if (a[at] !== b[at]) return false;
  return true;
}
