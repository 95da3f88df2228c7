/** Is a text JSON (RFC 8259)? Without building it and without exceptions, which lines of junk would raise by the thousand. */

const QUOTE = 34;
const BACKSLASH = 92;

export const isBlank = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;

export function skipBlank(text: string, from: number): number {
  let index = from;
  while (isBlank(text.charCodeAt(index))) index++;
  return index;
}

/** @returns the offset behind the closing quote; the text's length where there is none. */
export function stringEnd(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) index++;
    else if (code === QUOTE) return index + 1;
  }
  return text.length;
}

const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** @returns the offset behind the string that begins at `start`, or -1. */
function stringToken(text: string, start: number): number {
  let index = start + 1;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index + 1;
    if (code < 32) return -1;
    if (code !== BACKSLASH) continue;
    const next = text.charCodeAt(++index);
    if (next === 117) {
      if (!isHex4(text, index + 1)) return -1;
      index += 4;
    } else if (!'"\\/bfnrt'.includes(String.fromCharCode(next))) return -1;
  }
  return -1;
}

function isHex4(text: string, from: number): boolean {
  for (let index = from; index < from + 4; index++) {
    const code = text.charCodeAt(index);
    const letter = code | 32;
    if (!(code >= 48 && code <= 57) && !(letter >= 97 && letter <= 102)) return false;
  }
  return true;
}

/** @returns the offset behind the string, number or word at `start`, or -1. */
function scalarToken(text: string, start: number): number {
  if (text.charCodeAt(start) === QUOTE) return stringToken(text, start);
  LITERAL.lastIndex = start;
  return LITERAL.test(text) ? LITERAL.lastIndex : -1;
}

/** Behind a member's key and colon, or -1. */
function keyEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== QUOTE) return -1;
  const end = stringToken(text, start);
  if (end < 0) return -1;
  const colon = skipBlank(text, end);
  return text[colon] === ':' ? skipBlank(text, colon + 1) : -1;
}

export function isJson(text: string): boolean {
  const open: string[] = [];
  let at = skipBlank(text, 0);
  for (;;) {
    // At a value.
    const char = text[at];
    if (char === '{' || char === '[') {
      const close = char === '{' ? '}' : ']';
      const first = skipBlank(text, at + 1);
      if (text[first] !== close) {
        open.push(close);
        at = close === '}' ? keyEnd(text, first) : first;
        if (at < 0) return false;
        continue;
      }
      at = first + 1;
    } else at = scalarToken(text, at);
    if (at < 0) return false;
    // Behind a value: close what ends here, then the next member.
    at = skipBlank(text, at);
    while (open.length > 0 && text[at] === open.at(-1)) {
      open.pop();
      at = skipBlank(text, at + 1);
    }
    if (open.length === 0) return at === text.length;
    if (text[at] !== ',') return false;
    at = skipBlank(text, at + 1);
    if (open.at(-1) === '}') at = keyEnd(text, at);
    if (at < 0) return false;
  }
}
