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
  /** One set a depth, emptied when an object of that depth begins. */
  const keys: Set<string>[] = [];
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
        const key = keyAt(bytes, at, end) ?? '';
        keys[depth] ??= new Set();
        const seen = keys[depth] as Set<string>;
        if (seen.has(key)) return { kind: 'duplicate', key: key.slice(0, 64), at };
        seen.add(key);
        if (freeFrom === 0 && !isFolded(bytes, at, end)) {
          const folded = fold(key);
          if (folded !== key && rules.known.has(folded)) return { kind: 'folded', key: key.slice(0, 64), at };
        }
        freeNext = rules.free.has(key) && isContainer(bytes, behind + 1);
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
