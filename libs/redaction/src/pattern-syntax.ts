/**
 * The syntax of custom patterns: literals, `.`, classes, `\d \w \s \b`, groups, `|`, `{n}`, `{n,m}`, `?`, and `+` or `*`,
 * which count as at most 32 repetitions: a bound is what makes the work provable. No look-around, no back-references.
 */
export type Node =
  | { readonly kind: 'set'; readonly source: string; readonly isLiteral: boolean }
  | { readonly kind: 'assertion' }
  | { readonly kind: 'sequence' | 'alternatives'; readonly items: readonly Node[] }
  | { readonly kind: 'repeat'; readonly item: Node; readonly min: number; readonly max: number };

export type Parsed = { readonly node: Node; readonly source: string } | { readonly problem: string };

const OPEN_REPEAT_MAX = 32;
const REPEAT_MAX = 512;
const PATTERN_CHARS_MAX = 512;
const DEPTH_MAX = 8;

class PatternProblem extends Error {}

/** Escapes that stand for a set, an assertion, or a character that has a meaning otherwise. */
const SET_ESCAPE = /^\\[dDwWsS]/;
const ASSERTION = /^(?:\\[bB]|[$^])/;
const LITERAL_ESCAPE = /^\\[^A-Za-z0-9]/;
const CONTROL_ESCAPE = /^\\[nrt]/;
const CLASS = /^\[\^?(?:[^\]\\[]|\\[dDwWsSnrt]|\\[^A-Za-z0-9])+\]/u;
const QUANTIFIER = /^(?:\{(\d{1,4})(?:,(\d{1,4}))?\}|[?+*])/;

/** What `-` may stand for inside a class escaped is allowed by the u flag; other punctuation must not be escaped there. */
const SYNTAX = new Set('^$\\.*+?()[]{}|/');

function isExpression(source: string): boolean {
  try {
    return new RegExp(source, 'u') !== null;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

class Parser {
  readonly #text: string;
  #at = 0;
  source = '';

  constructor(text: string) {
    this.#text = text;
  }

  get #rest(): string {
    return this.#text.slice(this.#at);
  }

  #take(length: number, written = this.#text.slice(this.#at, this.#at + length)): void {
    this.source += written;
    this.#at += length;
  }

  #takeSet(length: number, isLiteral: boolean, written = this.#text.slice(this.#at, this.#at + length)): Node {
    this.#take(length, written);
    return { kind: 'set', source: written, isLiteral };
  }

  pattern(): Node {
    const node = this.#alternatives(0);
    if (this.#at < this.#text.length) throw new PatternProblem('a closing bracket has no opening one');
    return node;
  }

  #alternatives(depth: number): Node {
    if (depth > DEPTH_MAX) throw new PatternProblem(`groups are nested deeper than ${DEPTH_MAX}`);
    const items = [this.#sequence(depth)];
    while (this.#rest.startsWith('|')) {
      this.#take(1);
      items.push(this.#sequence(depth));
    }
    return items.length === 1 ? (items[0] as Node) : { kind: 'alternatives', items };
  }

  #sequence(depth: number): Node {
    const items: Node[] = [];
    while (this.#at < this.#text.length && !'|)'.includes(this.#text[this.#at] as string)) {
      items.push(this.#quantified(this.#atom(depth)));
    }
    return { kind: 'sequence', items };
  }

  #group(depth: number): Node {
    const opening = /^\((\?:)?/.exec(this.#rest)?.[0] ?? '(';
    if (opening === '(' && this.#rest.startsWith('(?')) {
      throw new PatternProblem('look-around, names and inline flags are not supported');
    }
    this.#take(opening.length, '(?:');
    const node = this.#alternatives(depth + 1);
    if (!this.#rest.startsWith(')')) throw new PatternProblem('a group is not closed');
    this.#take(1);
    return node;
  }

  #atom(depth: number): Node {
    const rest = this.#rest;
    if (rest.startsWith('(')) return this.#group(depth);
    const assertion = ASSERTION.exec(rest)?.[0];
    if (assertion !== undefined) {
      this.#take(assertion.length);
      return { kind: 'assertion' };
    }
    if (rest.startsWith('[')) {
      const set = CLASS.exec(rest)?.[0];
      if (set === undefined) throw new PatternProblem('a character class is empty, nested or not closed');
      const written = set.replace(/\\([^A-Za-z0-9])/g, (_, char: string) => this.#inClass(char));
      if (!isExpression(written)) throw new PatternProblem(`${set} has a range out of order`);
      return this.#takeSet(set.length, false, written);
    }
    const set = rest.startsWith('.') ? '.' : SET_ESCAPE.exec(rest)?.[0];
    if (set !== undefined) {
      return this.#takeSet(set.length, false);
    }
    return this.#literal(rest);
  }

  #inClass(char: string): string {
    return SYNTAX.has(char) || char === '-' ? `\\${char}` : char;
  }

  #literal(rest: string): Node {
    const escaped = CONTROL_ESCAPE.exec(rest)?.[0] ?? LITERAL_ESCAPE.exec(rest)?.[0];
    if (escaped !== undefined) {
      const char = escaped.slice(1);
      return this.#takeSet(2, true, /[nrt]/.test(char) || SYNTAX.has(char) ? escaped : char);
    }
    if (rest.startsWith('\\')) throw new PatternProblem(`the escape ${rest.slice(0, 2)} is not supported`);
    if ('*+?{}]'.includes(rest[0] as string))
      throw new PatternProblem(`${rest[0]} stands where a character was expected`);
    return this.#takeSet(String.fromCodePoint(rest.codePointAt(0) as number).length, true);
  }

  #quantified(item: Node): Node {
    const match = QUANTIFIER.exec(this.#rest);
    if (match === null) return item;
    if (item.kind === 'assertion') throw new PatternProblem('an assertion cannot be repeated');
    const sign = match[0];
    const min = sign === '+' ? 1 : Number(match[1] ?? 0);
    const max = sign === '?' ? 1 : Number(match[2] ?? match[1] ?? OPEN_REPEAT_MAX);
    if (max < min || max > REPEAT_MAX) throw new PatternProblem(`${sign}: at most ${REPEAT_MAX} repetitions`);
    this.#take(sign.length, `{${min},${max}}`);
    if (/^[?+*{]/.test(this.#rest)) throw new PatternProblem('a repetition follows a repetition');
    return { kind: 'repeat', item, min, max };
  }
}

export function parsePattern(text: string): Parsed {
  if (text === '' || text.length > PATTERN_CHARS_MAX) {
    return { problem: `it must have 1 to ${PATTERN_CHARS_MAX} characters` };
  }
  const parser = new Parser(text);
  try {
    return { node: parser.pattern(), source: parser.source };
  } catch (error) {
    if (error instanceof PatternProblem) return { problem: error.message };
    throw error;
  }
}
