/** The texts of a reply, put together from their pieces, to the reply's end or the bound. */
import type { ReplyItem } from '@elida/dialects';
import type { ByteBudget } from '../byte-budget.ts';

type TextItem = Extract<ReplyItem, { type: 'text' }>;

interface Open extends Pick<TextItem, 'kind' | 'index' | 'part'> {
  text: string;
  truncated: boolean;
  last: string;
}

/** Of one reply. Shapes that nobody knows have a text for each of their strings. */
const TEXTS_MAX = 256;

export class KeptTexts {
  readonly #texts = new Map<string, Open>();
  readonly #charsMax: number;
  readonly #budget: ByteBudget;
  #chars = 0;
  /** Something is not in it. */
  truncated = false;

  constructor(charsMax: number, budget: ByteBudget) {
    this.#charsMax = charsMax;
    this.#budget = budget;
  }

  add(item: ReplyItem): void {
    if (item.type === 'unread') this.#add({ kind: 'other', index: 0, part: 0, path: null, text: item.text });
    else if (item.type === 'text' && !item.repeats) this.#add(item);
  }

  get all(): readonly Readonly<Open>[] {
    return [...this.#texts.values()];
  }

  release(): void {
    this.#budget.give(this.#chars);
    this.#chars = 0;
    this.#texts.clear();
  }

  #add({ kind, index, part, path, text }: Omit<TextItem, 'type' | 'repeats'>): void {
    if (text === '') return;
    const place = kind === 'other' ? (path?.join('.') ?? '') : '';
    const key = `${kind} ${index} ${part} ${place}`;
    let open = this.#texts.get(key);
    if (open === undefined) {
      if (this.#texts.size >= TEXTS_MAX) {
        this.truncated = true;
        return;
      }
      open = { kind, index, part, text: '', truncated: false, last: '' };
      this.#texts.set(key, open);
    }
    // An id that stands in every event is no text that goes on.
    if (kind === 'other' && open.last === text) return;
    open.last = text;
    this.#append(open, text);
  }

  #append(open: Open, text: string): void {
    const piece = text.slice(0, this.#charsMax - this.#chars);
    if (piece.length < text.length || !this.#budget.take(piece.length)) {
      open.truncated = true;
      this.truncated = true;
      if (piece.length < text.length && piece.length > 0 && this.#budget.take(piece.length)) this.#keep(open, piece);
      return;
    }
    this.#keep(open, piece);
  }

  #keep(open: Open, piece: string): void {
    this.#chars += piece.length;
    open.text += piece;
  }
}
