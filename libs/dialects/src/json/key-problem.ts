/**
 * Objects that two parsers read differently: a key twice (the first wins here, the last there), or a key of the wire in
 * other letters (`Model`: parsers that fill structures match without regard to case, others do not see it). What we
 * inspect must be what the provider reads, so a request with such a key is refused.
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  JSON_DEPTH_MAX,
  keyAt,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
  skipString,
} from './scan.ts';

export interface KeyRules {
  /** The keys that a wire gives a meaning to, in lower case. */
  readonly known: ReadonlySet<string>;
  /** Keys below which the caller names things himself (tool input, schemas, metadata): case means nothing there. */
  readonly free: ReadonlySet<string>;
}

export interface KeyProblem {
  readonly kind: 'duplicate' | 'folded' | 'too_deep';
  /** At most 64 characters of it; empty for `too_deep`. */
  readonly key: string;
  /** Byte offset. */
  readonly at: number;
}

/** Unicode's simple folding as far as it reaches ASCII: the long s and the Kelvin sign are letters of `stream` and `k`. */
const fold = (key: string): string => key.toUpperCase().toLowerCase();

/** An object with more keys than this has them in a set. */
const FEW = 32;

/** The keys of one object: where each stands, with a hash, as long as they are few. Emptied for the next of its depth. */
class Keys {
  readonly #hashes: number[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #count = 0;
  #set: Set<string> | null = null;

  clear(): void {
    this.#count = 0;
    this.#set = null;
  }

  /** @returns whether the object has the key already. */
  add(bytes: Uint8Array, start: number, end: number, hash: number): boolean {
    if (this.#set !== null) return this.#addText(keyOf(bytes, start, end));
    for (let index = 0; index < this.#count; index++)
      if (this.#hashes[index] === hash && keyOf(bytes, start, end) === this.#keyAt(bytes, index)) return true;
    if (this.#count === FEW) {
      this.#set = new Set();
      for (let index = 0; index < FEW; index++) this.#set.add(this.#keyAt(bytes, index));
      return this.#addText(keyOf(bytes, start, end));
    }
    this.#hashes[this.#count] = hash;
    this.#starts[this.#count] = start;
    this.#ends[this.#count++] = end;
    return false;
  }

  #keyAt(bytes: Uint8Array, index: number): string {
    return keyOf(bytes, this.#starts[index] ?? 0, this.#ends[index] ?? 0);
  }

  #addText(key: string): boolean {
    const { size } = this.#set as Set<string>;
    return this.#set?.add(key).size === size;
  }
}

const keyOf = (bytes: Uint8Array, start: number, end: number): string => keyAt(bytes, start, end) ?? '';

/** FNV-1a of the key as it is read, so that `\u0061` and `a` have the same. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = start + 1; index < end - 1; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x80 || byte === BACKSLASH) return hashOfText(keyOf(bytes, start, end));
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash;
}

function hashOfText(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash;
}

/** Lower case ASCII without escapes: folding would not change it. */
function isFolded(bytes: Uint8Array, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x80 || byte === BACKSLASH || (byte >= 0x41 && byte <= 0x5a)) return false;
  }
  return true;
}

/**
 * One pass over the bytes, linear in their number.
 *
 * @param bytes what `JSON.parse` takes.
 * @returns the first problem, null where all parsers read the same.
 */
export function keyProblem(bytes: Uint8Array, rules: KeyRules): KeyProblem | null {
  /** One a depth, emptied when an object of that depth begins. */
  const keys: Keys[] = [];
  let depth = 0;
  /** Depth of the outermost free object around, 0 where there is none. */
  let freeFrom = 0;
  let freeNext = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > JSON_DEPTH_MAX) return { kind: 'too_deep', key: '', at };
      if (freeNext && freeFrom === 0) freeFrom = depth;
      freeNext = false;
      keys[depth]?.clear();
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === freeFrom) freeFrom = 0;
      depth = Math.max(0, depth - 1);
    } else if (byte === QUOTE) {
      const end = skipString(bytes, at);
      if (end < 0) return null;
      const behind = skipSpace(bytes, end);
      if (bytes[behind] === COLON) {
        keys[depth] ??= new Keys();
        const seen = keys[depth] as Keys;
        const problem = (kind: KeyProblem['kind']) => ({ kind, key: keyOf(bytes, at, end).slice(0, 64), at });
        if (seen.add(bytes, at, end, hashOf(bytes, at, end))) return problem('duplicate');
        if (freeFrom === 0 && !isFolded(bytes, at, end)) {
          const key = keyOf(bytes, at, end);
          const folded = fold(key);
          if (folded !== key && rules.known.has(folded)) return problem('folded');
        }
        freeNext = isContainer(bytes, behind + 1) && rules.free.has(keyOf(bytes, at, end));
        at = behind;
      } else at = end - 1;
    }
  }
  return null;
}

function isContainer(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[skipSpace(bytes, at)];
  return byte === OPEN_BRACE || byte === OPEN_BRACKET;
}
