/**
 * All literals of all patterns in one pass (Aho and Corasick, 1975): one table look-up a code unit, however many rules there
 * are. It says which literal may end where, never more: what it finds is verified. White space counts once, however long.
 */
import { SPACE_SYMBOL, SYMBOLS, symbolTable } from './symbol.ts';

export interface Needle<T> {
  /** One symbol a character. */
  readonly text: string;
  readonly owner: T;
  /** Whether a stream must know that it may have begun. */
  readonly isAwaited?: boolean;
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

  copy(): Hits {
    const copy = new Hits();
    copy.list = this.list.slice(0, this.length);
    copy.length = this.length;
    return copy;
  }
}

/** Of the eighths of a text. */
export type EightHits = readonly [Hits, Hits, Hits, Hits, Hits, Hits, Hits, Hits];
export const eightHits = (): EightHits => [
  new Hits(),
  new Hits(),
  new Hits(),
  new Hits(),
  new Hits(),
  new Hits(),
  new Hits(),
  new Hits(),
];

/** Below it, one chain of look-ups is as fast as eight side by side. */
const INTERLEAVE_FROM = 512;
/** The lowest bit of an entry says that literals end there. */
const HIT = 1;

/** Of the ends of eighths, which the eighth before tells. */
const none = new Hits();

const NOBODY: readonly never[] = [];

/** Literals as a tree: by node and column the child, 0 where there is none; the root is node 0. */
interface Trie<T> {
  readonly children: Int32Array;
  readonly count: number;
  readonly owners: Map<number, Set<T>>;
}

function trieOf<T>(needles: readonly Needle<T>[], columnOf: Uint8Array, width: number): Trie<T> {
  let children = new Int32Array(64 * width);
  let count = 1;
  const owners = new Map<number, Set<T>>();
  for (const { text, owner } of needles) {
    let node = 0;
    for (let i = 0; i < text.length; i++) {
      const cell = node * width + (columnOf[text.charCodeAt(i)] ?? 0);
      let child = children[cell] ?? 0;
      if (child === 0) {
        child = count++;
        children[cell] = child;
        if (count * width > children.length) {
          const larger = new Int32Array(2 * children.length);
          larger.set(children);
          children = larger;
        }
      }
      node = child;
    }
    const own = owners.get(node) ?? new Set<T>();
    owners.set(node, own.add(owner));
  }
  return { children, count, owners };
}

export class Automaton<T> {
  readonly states: number;
  readonly longest: number;
  /** By symbol: its column. Symbols that no literal holds share column 0. */
  readonly #columnOf = new Uint8Array(SYMBOLS);
  readonly #columnOfUnit: Uint8Array;
  readonly #space: number;
  /** Entries of a row: even, so that a row's offset leaves HIT free. */
  readonly #width: number;
  /** Row offset of the next state, plus HIT. */
  readonly #table: Int32Array;
  /** By state: owners of the literals that end there, also of those that began later than another. */
  readonly #owners: (readonly T[])[];
  readonly #depths: Uint8Array;
  readonly #fails: Int32Array;
  /** By row offset: awaited owners whose literal has begun there and is not complete. */
  readonly #begun = new Map<number, T[]>();

  constructor(needles: readonly Needle<T>[]) {
    const symbols = new Set(needles.flatMap(({ text }) => Array.from(text, (one) => one.charCodeAt(0))));
    [...symbols]
      .sort((a, b) => a - b)
      .forEach((symbol, i) => {
        this.#columnOf[symbol] = i + 1;
      });
    this.#columnOfUnit = symbolTable().map((symbol) => this.#columnOf[symbol] ?? 0);
    this.#space = this.#columnOf[SPACE_SYMBOL] ?? 0;
    this.#width = (symbols.size + 2) & ~1;
    this.longest = Math.max(1, ...needles.map(({ text }) => text.length));
    const trie = trieOf(needles, this.#columnOf, this.#width);
    this.states = trie.count;
    this.#table = new Int32Array(trie.count * this.#width);
    this.#owners = new Array<readonly T[]>(trie.count).fill(NOBODY);
    this.#depths = new Uint8Array(trie.count);
    this.#fails = new Int32Array(trie.count);
    this.#fill(trie);
    for (const needle of needles) if (needle.isAwaited) this.#await(needle);
  }

  get tableBytes(): number {
    return this.#table.byteLength;
  }

  /** The number of a state: they are counted from 0. */
  indexOf(state: number): number {
    return (state / this.#width) | 0;
  }

  owners(state: number): readonly T[] {
    return this.#owners[this.indexOf(state)] ?? NOBODY;
  }

  /** How many symbols the longest literal that may have begun before `state` has so far. */
  depth(state: number): number {
    return this.#depths[this.indexOf(state)] ?? 0;
  }

  /** Awaited literals that may have begun before `state` and are not complete: how many symbols they have so far, and whose they are. */
  *begun(state: number): Generator<readonly [number, readonly T[]]> {
    if (this.#begun.size === 0) return;
    for (let row = state; row !== 0; row = this.#fails[(row / this.#width) | 0] ?? 0) {
      const owners = this.#begun.get(row);
      if (owners) yield [this.depth(row), owners];
    }
  }

  /** Breadth first, so that the states that ordinary text visits lie side by side. */
  #fill({ children, owners }: Trie<T>): void {
    const width = this.#width;
    const table = this.#table;
    const nodes = [0];
    for (let state = 0; state < nodes.length; state++) {
      const node = nodes[state] ?? 0;
      const row = state * width;
      const fail = this.#fails[state] ?? 0;
      if (state > 0) table.copyWithin(row, fail, fail + width);
      for (let column = 1; column < width; column++) {
        const child = children[node * width + column] ?? 0;
        if (child === 0) continue;
        const next = nodes.push(child) - 1;
        const nextFail = state === 0 ? 0 : (table[fail + column] ?? 0) & ~HIT;
        this.#fails[next] = nextFail;
        this.#depths[next] = (this.#depths[state] ?? 0) + 1;
        const all = [...new Set([...(owners.get(child) ?? NOBODY), ...this.owners(nextFail)])];
        if (all.length > 0) this.#owners[next] = all;
        table[row + column] = next * width + (all.length > 0 ? HIT : 0);
      }
    }
    this.#collapseSpace(nodes, children);
  }

  /** More white space changes nothing, and what ended with the first does not end again. */
  #collapseSpace(nodes: readonly number[], children: Int32Array): void {
    if (this.#space === 0) return;
    const width = this.#width;
    nodes.forEach((node, state) => {
      if ((children[node * width + this.#space] ?? 0) === 0) return;
      const row = (this.#table[state * width + this.#space] ?? 0) & ~HIT;
      this.#table[row + this.#space] = row;
    });
  }

  #await({ text, owner }: Needle<T>): void {
    let row = 0;
    for (let i = 0; i < text.length - 1; i++) {
      row = (this.#table[row + (this.#columnOf[text.charCodeAt(i)] ?? 0)] ?? 0) & ~HIT;
      const owners = this.#begun.get(row);
      if (owners) owners.push(owner);
      else this.#begun.set(row, [owner]);
    }
  }

  /** `length` code units as columns; there is room for as many. */
  encode(units: Uint16Array, from: number, length: number, columns: Uint8Array): void {
    const ofUnit = this.#columnOfUnit;
    for (let i = 0; i < length; i++) columns[i] = ofUnit[units[from + i] ?? 0] ?? 0;
  }

  /**
   * @param length code units in `columns`
   * @param base position of the first
   * @param hits eight empty lists, filled so that one after the other they are in order
   * @returns the state behind the last
   */
  scan(columns: Uint8Array, length: number, base: number, state: number, hits: EightHits): number {
    if (length < INTERLEAVE_FROM) return this.#one(columns, 0, length, base, state, hits[0]);
    const eighth = length >> 3;
    const states = [state];
    for (let n = 1; n < 8; n++) {
      const from = this.#warmFrom(columns, n * eighth);
      if (from === 0) return this.#one(columns, 0, length, base, state, hits[0]);
      none.length = 0;
      states.push(this.#one(columns, from, n * eighth, 0, 0, none));
    }
    return this.#eight(columns, length, base, states, hits);
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

  /** Eighths side by side: the look-ups of one do not wait for those of another. */
  #eight(bytes: Uint8Array, length: number, base: number, states: readonly number[], hits: EightHits): number {
    const table = this.#table;
    const n = length >> 3;
    let [s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0] = states;
    for (let i = 0; i < n; i++) {
      s0 = table[(s0 & ~HIT) + (bytes[i] ?? 0)] ?? 0;
      s1 = table[(s1 & ~HIT) + (bytes[i + n] ?? 0)] ?? 0;
      s2 = table[(s2 & ~HIT) + (bytes[i + 2 * n] ?? 0)] ?? 0;
      s3 = table[(s3 & ~HIT) + (bytes[i + 3 * n] ?? 0)] ?? 0;
      s4 = table[(s4 & ~HIT) + (bytes[i + 4 * n] ?? 0)] ?? 0;
      s5 = table[(s5 & ~HIT) + (bytes[i + 5 * n] ?? 0)] ?? 0;
      s6 = table[(s6 & ~HIT) + (bytes[i + 6 * n] ?? 0)] ?? 0;
      s7 = table[(s7 & ~HIT) + (bytes[i + 7 * n] ?? 0)] ?? 0;
      if (((s0 | s1 | s2 | s3 | s4 | s5 | s6 | s7) & HIT) === 0) continue;
      const end = base + i + 1;
      if ((s0 & HIT) !== 0) hits[0].add(end, s0 & ~HIT);
      if ((s1 & HIT) !== 0) hits[1].add(end + n, s1 & ~HIT);
      if ((s2 & HIT) !== 0) hits[2].add(end + 2 * n, s2 & ~HIT);
      if ((s3 & HIT) !== 0) hits[3].add(end + 3 * n, s3 & ~HIT);
      if ((s4 & HIT) !== 0) hits[4].add(end + 4 * n, s4 & ~HIT);
      if ((s5 & HIT) !== 0) hits[5].add(end + 5 * n, s5 & ~HIT);
      if ((s6 & HIT) !== 0) hits[6].add(end + 6 * n, s6 & ~HIT);
      if ((s7 & HIT) !== 0) hits[7].add(end + 7 * n, s7 & ~HIT);
    }
    return this.#one(bytes, 8 * n, length, base, s7 & ~HIT, hits[7]);
  }
}
