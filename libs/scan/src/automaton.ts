/**
 * All literals of all patterns in one pass (Aho and Corasick, 1975): one table look-up a code unit, however many rules there
 * are. It says which literal may end where, never more: what it finds is verified. White space counts once, however long.
 */
import { SPACE_SYMBOL, SYMBOLS, symbolTable } from './symbol.ts';

export interface Needle<T> {
  /** One symbol a character. */
  readonly text: string;
  readonly owner: T;
}

/** Where literals end, in order: position, state, position, state, … */
export class Hits {
  list = new Int32Array(1_024);
  length = 0;
  add(end: number, state: number): void {
    if (this.length + 2 > this.list.length) {
      const larger = new Int32Array(this.list.length * 2);
      larger.set(this.list);
      this.list = larger;
    }
    this.list[this.length++] = end;
    this.list[this.length++] = state;
  }
}

export type FourHits = readonly [Hits, Hits, Hits, Hits];

/** Below it, one chain of look-ups is as fast as four side by side. */
const INTERLEAVE_FROM = 512;
/** The lowest bit of an entry says that literals end there. */
const HIT = 1;

interface TrieNode<T> {
  readonly next: Map<number, TrieNode<T>>;
  readonly depth: number;
  /** Of literals that end here. */
  readonly own: T[];
  /** The same, and of those that end here but began later. */
  owners: T[];
  fail: TrieNode<T> | null;
  readonly afterSpace: boolean;
  number: number;
}

const encoder = new TextEncoder();

export class Automaton<T> {
  readonly states: number;
  readonly longest: number;
  /** By symbol: its column. Symbols that no literal holds share column 0. */
  readonly #columnOf = new Uint8Array(SYMBOLS);
  readonly #columnOfUnit: Uint8Array;
  readonly #space: number;
  readonly #shift: number;
  /** Row offset of the next state, plus HIT. */
  readonly #table: Int32Array;
  /** By state: owners of the literals that end there. */
  readonly #owners: readonly (readonly T[])[];
  readonly #depths: Uint8Array;
  readonly #fails: Int32Array;
  /** By state: owners whose literal has begun there and is not complete. */
  readonly #begun: readonly (readonly T[])[];

  constructor(needles: readonly Needle<T>[]) {
    const symbols = new Set(needles.flatMap(({ text }) => [...text].map((one) => one.charCodeAt(0))));
    [...symbols]
      .sort((a, b) => a - b)
      .forEach((symbol, i) => {
        this.#columnOf[symbol] = i + 1;
      });
    this.#columnOfUnit = symbolTable().map((symbol) => this.#columnOf[symbol] ?? 0);
    this.#space = this.#columnOf[SPACE_SYMBOL] ?? 0;
    // One bit of an entry is taken by HIT.
    this.#shift = Math.max(1, Math.ceil(Math.log2(symbols.size + 1)));
    this.longest = Math.max(1, ...needles.map(({ text }) => text.length));
    const nodes = this.#trie(needles);
    this.states = nodes.length;
    this.#table = this.#fill(nodes);
    this.#owners = nodes.map(({ owners }) => owners);
    this.#depths = Uint8Array.from(nodes, ({ depth }) => depth);
    this.#fails = Int32Array.from(nodes, ({ fail }) => fail?.number ?? 0);
    this.#begun = this.#beyond(nodes);
  }

  get tableBytes(): number {
    return this.#table.byteLength;
  }

  owners(state: number): readonly T[] {
    return this.#owners[state >> this.#shift] ?? [];
  }

  /** How many symbols the longest literal that may have begun before `state` has so far. */
  depth(state: number): number {
    return this.#depths[state >> this.#shift] ?? 0;
  }

  /** Literals that may have begun before `state` and are not complete: how many symbols they have so far, and whose they are. */
  *begun(state: number): Generator<readonly [number, readonly T[]]> {
    for (let node = state >> this.#shift; node !== 0; node = this.#fails[node] ?? 0) {
      yield [this.#depths[node] ?? 0, this.#begun[node] ?? []];
    }
  }

  /** Breadth first, so that the states that ordinary text visits lie side by side. */
  #trie(needles: readonly Needle<T>[]): TrieNode<T>[] {
    const make = (depth: number, column: number): TrieNode<T> => ({
      next: new Map(),
      depth,
      afterSpace: this.#space !== 0 && column === this.#space,
      own: [],
      owners: [],
      fail: null,
      number: 0,
    });
    const root = make(0, 0);
    for (const { text, owner } of needles) {
      let node = root;
      for (const one of text) {
        const column = this.#columnOf[one.charCodeAt(0)] ?? 0;
        let child = node.next.get(column);
        if (!child) {
          child = make(node.depth + 1, column);
          node.next.set(column, child);
        }
        node = child;
      }
      if (!node.own.includes(owner)) node.own.push(owner);
    }
    const nodes = [root];
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i];
      if (!node) break;
      node.number = i;
      for (const [column, child] of node.next) {
        let fail = node.fail;
        while (fail !== null && !fail.next.has(column)) fail = fail.fail;
        child.fail = fail?.next.get(column) ?? root;
        child.owners = [...new Set([...child.own, ...child.fail.owners])];
        nodes.push(child);
      }
    }
    return nodes;
  }

  #fill(nodes: readonly TrieNode<T>[]): Int32Array {
    const width = 1 << this.#shift;
    const table = new Int32Array(nodes.length * width);
    for (const node of nodes) {
      const row = node.number * width;
      if (node.fail) table.copyWithin(row, node.fail.number * width, (node.fail.number + 1) * width);
      for (const [column, child] of node.next) {
        table[row + column] = child.number * width + (child.owners.length > 0 ? HIT : 0);
      }
      // More white space changes nothing, and what ended with the first does not end again.
      if (node.afterSpace) table[row + this.#space] = row;
    }
    return table;
  }

  #beyond(nodes: readonly TrieNode<T>[]): readonly (readonly T[])[] {
    const beyond = nodes.map(() => new Set<T>());
    for (const node of nodes.toReversed()) {
      const set = beyond[node.number];
      for (const child of node.next.values()) {
        for (const owner of [...child.own, ...(beyond[child.number] ?? [])]) set?.add(owner);
      }
    }
    return beyond.map((set) => [...set]);
  }

  /** Text as columns. `columns` has room for as many. */
  encode(text: string, columns: Uint8Array): void {
    const ofUnit = this.#columnOfUnit;
    const { length } = text;
    if (Buffer.byteLength(text) === length) {
      encoder.encodeInto(text, columns);
      for (let i = 0; i < length; i++) columns[i] = ofUnit[columns[i] ?? 0] ?? 0;
      return;
    }
    for (let i = 0; i < length; i++) columns[i] = ofUnit[text.charCodeAt(i)] ?? 0;
  }

  /**
   * @param length code units in `columns`
   * @param base position of the first
   * @param hits four empty lists, filled so that one after the other they are in order
   * @returns the state behind the last
   */
  scan(columns: Uint8Array, length: number, base: number, state: number, hits: FourHits): number {
    const quarter = length >> 2;
    const warm = length < INTERLEAVE_FROM ? [] : [1, 2, 3].map((n) => this.#warmFrom(columns, n * quarter));
    const [b = 0, c = 0, d = 0] = warm;
    if (b === 0) return this.#one(columns, 0, length, base, state, hits[0]);
    const none = new Hits();
    const at = (from: number, to: number): number => this.#one(columns, from, to, 0, 0, none);
    const states = [state, at(b, quarter), at(c, 2 * quarter), at(d, 3 * quarter)];
    return this.#four(columns, length, base, states, hits);
  }

  /** From where on a scan knows at `at` all that one from the beginning would know; 0: only from the beginning. */
  #warmFrom(columns: Uint8Array, at: number): number {
    let from = at;
    for (let symbols = 0; from > 0 && symbols < this.longest; symbols++) {
      from--;
      if (columns[from] !== this.#space || this.#space === 0) continue;
      while (from > 0 && columns[from - 1] === this.#space) from--;
    }
    return from;
  }

  #one(bytes: Uint8Array, from: number, to: number, base: number, state: number, hits: Hits): number {
    const table = this.#table;
    let s = state & ~HIT;
    for (let i = from; i < to; i++) {
      const entry = table[s + (bytes[i] ?? 0)] ?? 0;
      s = entry & ~HIT;
      if ((entry & HIT) !== 0) hits.add(base + i + 1, s);
    }
    return s;
  }

  /** Four quarters side by side: the look-ups of one do not wait for those of another. */
  #four(bytes: Uint8Array, length: number, base: number, states: readonly number[], hits: FourHits): number {
    const table = this.#table;
    const quarter = length >> 2;
    let [a = 0, b = 0, c = 0, d = 0] = states;
    for (let i = 0; i < quarter; i++) {
      a = table[(a & ~HIT) + (bytes[i] ?? 0)] ?? 0;
      b = table[(b & ~HIT) + (bytes[i + quarter] ?? 0)] ?? 0;
      c = table[(c & ~HIT) + (bytes[i + 2 * quarter] ?? 0)] ?? 0;
      d = table[(d & ~HIT) + (bytes[i + 3 * quarter] ?? 0)] ?? 0;
      if (((a | b | c | d) & HIT) === 0) continue;
      const end = base + i + 1;
      if ((a & HIT) !== 0) hits[0].add(end, a & ~HIT);
      if ((b & HIT) !== 0) hits[1].add(end + quarter, b & ~HIT);
      if ((c & HIT) !== 0) hits[2].add(end + 2 * quarter, c & ~HIT);
      if ((d & HIT) !== 0) hits[3].add(end + 3 * quarter, d & ~HIT);
    }
    return this.#one(bytes, 4 * quarter, length, base, d & ~HIT, hits[3]);
  }
}
