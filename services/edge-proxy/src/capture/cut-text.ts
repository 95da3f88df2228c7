/** Cuts texts to a number of bytes: between characters, and JSON so that it stays JSON. */
import { StringDecoder } from 'node:string_decoder';

/** Of plain text. @returns at most `bytesMax` bytes of UTF-8. */
export function cutPlain(text: string, bytesMax: number): string {
  if (text.length * 3 <= bytesMax) return text;
  const bytes = Buffer.from(text);
  return bytes.length <= bytesMax ? text : new StringDecoder('utf8').write(bytes.subarray(0, bytesMax));
}

export const looksJson = (text: string): boolean => /^\s*[[{]/.test(text);

export const cutText = (text: string, bytesMax: number): string =>
  looksJson(text) ? (cutJson(text, bytesMax) ?? cutPlain(text, bytesMax)) : cutPlain(text, bytesMax);

const QUOTE = 34;
const COLON = 58;
const COMMA = 44;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const LETTER_U = 117;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

const isBlank = (code: number): boolean => code === 32 || code === 10 || code === 13 || code === 9;
const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
/** Of one UTF-16 unit; a pair is four. */
const bytesOf = (code: number): number => (code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : 3);

/**
 * The longest beginning that can be closed: members and items that were begun are dropped, a string is ended where it is.
 *
 * @param text JSON, or the beginning of JSON. @returns null where nothing of it fits.
 */
export const cutJson = (text: string, bytesMax: number): string | null => new JsonCutter(text, bytesMax).cut();

/** Lexical, one pass. */
class JsonCutter {
  readonly #text: string;
  readonly #bytesMax: number;
  /** Of what is open, innermost first. */
  #closers = '';
  #bytes = 0;
  #end = 0;
  #tail = '';

  constructor(text: string, bytesMax: number) {
    this.#text = text;
    this.#bytesMax = bytesMax;
  }

  cut(): string | null {
    const text = this.#text;
    let last = 0;
    let isScalar = false;
    for (let at = 0; at < text.length && this.#bytes <= this.#bytesMax; at++) {
      const code = text.charCodeAt(at);
      if (isScalar && (code === COMMA || code === CLOSE_LIST || code === CLOSE_OBJECT || isBlank(code))) {
        this.#mayEnd(at, '');
        isScalar = false;
      }
      if (code === QUOTE) {
        const isKey = this.#closers.startsWith('}') && (last === OPEN_OBJECT || last === COMMA);
        at = this.#string(at, isKey);
      } else {
        this.#bytes += bytesOf(code);
        if (!isBlank(code)) isScalar = this.#token(code, at);
      }
      if (!isBlank(code)) last = code;
    }
    return this.#end === 0 ? null : text.slice(0, this.#end) + this.#tail;
  }

  /** @returns whether it belongs to a number or a word. */
  #token(code: number, at: number): boolean {
    if (code === OPEN_OBJECT || code === OPEN_LIST) this.#closers = (code === OPEN_OBJECT ? '}' : ']') + this.#closers;
    else if (code === CLOSE_OBJECT || code === CLOSE_LIST) this.#closers = this.#closers.slice(1);
    else return code !== COMMA && code !== COLON;
    this.#mayEnd(at + 1, '');
    return false;
  }

  /** Behind a key nothing can be closed. @returns where its last unit stands. */
  #string(start: number, isKey: boolean): number {
    const text = this.#text;
    this.#bytes++;
    for (let at = start + 1; at < text.length && this.#bytes <= this.#bytesMax; at++) {
      const code = text.charCodeAt(at);
      const length = code !== BACKSLASH ? 1 : text.charCodeAt(at + 1) === LETTER_U ? 6 : 2;
      if (at + length > text.length) return text.length;
      this.#bytes += length === 1 ? bytesOf(code) : length;
      at += length - 1;
      if (code === QUOTE) {
        if (!isKey) this.#mayEnd(at + 1, '');
        return at;
      }
      if (!isKey && !isHighSurrogate(code)) this.#mayEnd(at + 1, '"');
    }
    return text.length;
  }

  #mayEnd(at: number, quote: string): void {
    if (this.#bytes + quote.length + this.#closers.length > this.#bytesMax) return;
    this.#end = at;
    this.#tail = quote + this.#closers;
  }
}
