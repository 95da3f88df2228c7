/**
 * All literals of all patterns in one pass (Aho and Corasick, 1975): one table look-up a code unit, however many rules there
 * are. It says which literal may end where, never more: what it finds is verified.
 */
import { SYMBOLS, symbolTable } from './symbol.ts';

export interface Needle<T> {
  /** One symbol a character. */
  readonly text: string;
  readonly owner: T;
}

/** Where literals end, in order within a segment: position, state, position, state, … */
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
  number: number;
}

export class Automaton<T> {
  readonly states: number;
  readonly longest: number;
  /** By symbol: its column. Symbols that no literal holds share column 0. */
  readonly #columnOf = new Uint8Array(SYMBOLS);
  readonly #columnOfUnit: Uint8Array;
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

  /** Literals that may have begun before `state` and are not complete: how many code units ago, and whose. */
  *begun(state: number): Generator<readonly [number, readonly T[]]> {
    for (let node = state >> this.#shift; node !== 0; node = this.#fails[node] ?? 0) {
      yield [this.#depths[node] ?? 0, this.#begun[node] ?? []];
    }
  }

  /** Breadth first, so that the states that ordinary text visits lie side by side. */
  #trie(needles: readonly Needle<T>[]): TrieNode<T>[] {
    const make = (depth: number): TrieNode<T> => ({
      next: new Map(),
      depth,
      own: [],
      owners: [],
      fail: null,
      number: 0,
    });
    const root = make(0);
    for (const { text, owner } of needles) {
      let node = root;
      for (const one of text) {
        const column = this.#columnOf[one.charCodeAt(0)] ?? 0;
        let child = node.next.get(column);
        if (!child) {
          child = make(node.depth + 1);
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

  /** Text as columns. `bytes` has room for as many. */
  encode(text: string, from: number, to: number, bytes: Uint8Array): void {
    const columns = this.#columnOfUnit;
    for (let i = from; i < to; i++) bytes[i - from] = columns[text.charCodeAt(i)] ?? 0;
  }

  /**
   * @param length code units in `bytes`
   * @param base position of the first
   * @returns the state behind the last
   */
  scan(bytes: Uint8Array, length: number, base: number, state: number, hits: Hits): number {
    const quarter = length >> 2;
    if (length < INTERLEAVE_FROM || quarter <= this.longest) return this.#one(bytes, 0, length, base, state, hits);
    return this.#four(bytes, length, base, state, hits);
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
  #four(bytes: Uint8Array, length: number, base: number, state: number, hits: Hits): number {
    const table = this.#table;
    const quarter = length >> 2;
    const warm = this.longest - 1;
    const none = new Hits();
    let a = state & ~HIT;
    let b = this.#one(bytes, quarter - warm, quarter, 0, 0, none);
    let c = this.#one(bytes, 2 * quarter - warm, 2 * quarter, 0, 0, none);
    let d = this.#one(bytes, 3 * quarter - warm, 3 * quarter, 0, 0, none);
    for (let i = 0; i < quarter; i++) {
      a = table[(a & ~HIT) + (bytes[i] ?? 0)] ?? 0;
      b = table[(b & ~HIT) + (bytes[i + quarter] ?? 0)] ?? 0;
      c = table[(c & ~HIT) + (bytes[i + 2 * quarter] ?? 0)] ?? 0;
      d = table[(d & ~HIT) + (bytes[i + 3 * quarter] ?? 0)] ?? 0;
      if (((a | b | c | d) & HIT) === 0) continue;
      const end = base + i + 1;
      if ((a & HIT) !== 0) hits.add(end, a & ~HIT);
      if ((b & HIT) !== 0) hits.add(end + quarter, b & ~HIT);
      if ((c & HIT) !== 0) hits.add(end + 2 * quarter, c & ~HIT);
      if ((d & HIT) !== 0) hits.add(end + 3 * quarter, d & ~HIT);
    }
    return this.#one(bytes, 4 * quarter, length, base, d & ~HIT, hits);
  }
}
