/**
 * JSON (RFC 8259) as bytes: where its values begin and end. Nothing here checks the grammar: it is for bytes that
 * `JSON.parse` takes, and on junk it answers −1 or a wrong range, never an exception.
 */

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

/** Deeper than any client nests; what walks a value recursively stops here. */
export const JSON_DEPTH_MAX = 512;

/** Keys from the root: object keys and array indexes. */
export type JsonPath = readonly (string | number)[];

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const decode = (bytes: Uint8Array): string => decoder.decode(bytes);

/** @returns the offset of the next byte that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let index = at;
  for (; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
  }
  return index;
}

/** Further on in a string the engine's own search is faster than a loop. */
const SHORT = 24;

/** @param at offset of the opening quote. @returns the offset behind the closing one, −1 where there is none. */
export function skipString(bytes: Uint8Array, at: number): number {
  for (let index = at + 1; ; ) {
    const short = Math.min(bytes.length, index + SHORT);
    for (; index < short; index++) {
      const byte = bytes[index];
      if (byte === BACKSLASH) index++;
      else if (byte === QUOTE) return index + 1;
    }
    const quote = bytes.indexOf(QUOTE, index);
    if (quote < 0) return -1;
    let escapes = quote;
    while (escapes > index && bytes[escapes - 1] === BACKSLASH) escapes--;
    if ((quote - escapes) % 2 === 0) return quote + 1;
    // Where one quote is escaped the next is near.
    index = quote + 1;
  }
}

/** @param at offset of a value's first byte. @returns the offset behind its last, −1 where it does not end. */
export function skipValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === QUOTE) return skipString(bytes, at);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipScalar(bytes, at);
  let depth = 0;
  for (let index = at; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === QUOTE) {
      const end = skipString(bytes, index);
      if (end < 0) return -1;
      index = end - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if ((byte === CLOSE_BRACE || byte === CLOSE_BRACKET) && --depth === 0) return index + 1;
  }
  return -1;
}

function skipScalar(bytes: Uint8Array, at: number): number {
  let index = at;
  for (; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_BRACKET || byte === CLOSE_BRACE) break;
  }
  return index === at ? -1 : index;
}

/**
 * The text of a string literal.
 *
 * @param start offset of the opening quote. @param end offset behind the closing one.
 * @returns null where it is no valid literal.
 */
export function stringAt(bytes: Uint8Array, start: number, end: number): string | null {
  try {
    const value: unknown = JSON.parse(decode(bytes.subarray(start, end)));
    return typeof value === 'string' ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The same for the keys of objects: they are short, and seldom have an escape in them. */
export function keyAt(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start > 48) return stringAt(bytes, start, end);
  let key = '';
  for (let index = start + 1; index < end - 1; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === BACKSLASH || byte >= 0x80) return stringAt(bytes, start, end);
    key += String.fromCharCode(byte);
  }
  return key;
}

/** Whether anything stands deeper than `JSON_DEPTH_MAX`. */
export function isTooDeep(json: string): boolean {
  if (json.length < 2 * JSON_DEPTH_MAX) return false;
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (code === QUOTE) {
      for (index++; index < json.length && json.charCodeAt(index) !== QUOTE; index++)
        if (json.charCodeAt(index) === BACKSLASH) index++;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      if (++depth > JSON_DEPTH_MAX) return true;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth--;
  }
  return false;
}

/** JSON of a parsed value. Empty where it is nested too deep to be written: `keyProblem` refuses that before. */
export function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value ?? {});
  } catch (error) {
    if (error instanceof RangeError) return '';
    throw error;
  }
}

/** @returns the value, undefined where the text is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
